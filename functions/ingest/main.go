// Command ingest is the consumer of GitLab's events: it re-reads the catalog's files and wakes what
// waits for a pipeline.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/adapters/eventqueue"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/secrets"
	"github.com/slipwayhq/slipway/shared/adapters/stepfn/answers"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/lambdaevent"
	"github.com/slipwayhq/slipway/shared/zones/ingestfn"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	set, client := env.Settings, dynamodb.NewFromConfig(env.AWS)
	catalog, err := dynamo.New(dynamo.Config{Client: client, Table: set.Required("TABLE_CATALOG"), Clock: env.Clock, IDs: env.IDs})
	if err != nil {
		return nil, err
	}
	operations, err := dynamo.New(dynamo.Config{Client: client, Table: set.Required("TABLE_OPERATIONS"), Clock: env.Clock, IDs: env.IDs})
	if err != nil {
		return nil, err
	}
	token, err := secrets.New(secrets.Config{AWS: env.AWS, ARN: set.Required("GITLAB_TOKEN_SECRET"), Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	calls, err := answers.New(answers.Config{AWS: env.AWS, Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	url := set.Required("GITLAB_URL")
	host, err := gitlab.New(gitlab.Config{BaseURL: url, Token: token.Text, Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	consumer, err := ingestfn.New(ingestfn.Deps{
		Catalog: catalog, Operations: operations, SCM: host, Callbacks: calls,
		GitLabURL: url, PlatformGroups: set.List("PLATFORM_GROUPS"), AllowedHosts: set.List("ALLOWED_HOSTS"),
		DiscoverGroups: set.List("DISCOVER_GROUPS"), Clock: env.Clock, IDs: env.IDs, Log: env.Log,
	})
	if err != nil {
		return nil, err
	}
	return lambdaevent.Queue(env.Log, eventqueue.Consumer(consumer.Handle)), nil
}
