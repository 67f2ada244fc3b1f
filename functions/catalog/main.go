// Command catalog is the function behind /api/catalog: the catalog and a GitLab token that reads.
package main

import (
	"context"
	"runtime/debug"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/s3"
	"github.com/slipwayhq/slipway/shared/adapters/secrets"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/boot/signin"
	"github.com/slipwayhq/slipway/shared/catalog/snapshot"
	"github.com/slipwayhq/slipway/shared/lambdahttp"
	"github.com/slipwayhq/slipway/shared/zones/catalogfn"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	debug.SetGCPercent(catalogfn.GCPercent)
	set := env.Settings
	table, err := dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(env.AWS), Table: set.Required("TABLE_CATALOG"), Clock: env.Clock, IDs: env.IDs})
	if err != nil {
		return nil, err
	}
	blobs, err := s3.New(s3.Config{AWS: env.AWS, Bucket: set.Required("SNAPSHOT_BUCKET"), Clock: env.Clock, IDs: env.IDs})
	if err != nil {
		return nil, err
	}
	kept, err := snapshot.New(snapshot.Config{Blobs: blobs, Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	token, err := secrets.New(secrets.Config{AWS: env.AWS, ARN: set.Required("GITLAB_TOKEN_SECRET"), Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	url := set.Required("GITLAB_URL")
	host, err := gitlab.New(gitlab.Config{BaseURL: url, Token: token.Text, Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	who, err := signin.New(env)
	if err != nil {
		return nil, err
	}
	zone, err := catalogfn.New(catalogfn.Deps{
		Catalog: table, Snapshots: kept, SCM: host, GitLabURL: url, PlatformGroups: set.List("PLATFORM_GROUPS"), AllowedHosts: set.List("ALLOWED_HOSTS"), Authenticator: who, Clock: env.Clock, IDs: env.IDs, Log: env.Log,
	})
	if err != nil {
		return nil, err
	}
	return lambdahttp.New(zone.Handler)
}
