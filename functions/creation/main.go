// Command creation is the code behind the tasks of create-app: the only function that writes to GitLab.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/slipwayhq/slipway/shared/adapters/awssecrets"
	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/s3"
	"github.com/slipwayhq/slipway/shared/adapters/secrets"
	"github.com/slipwayhq/slipway/shared/adapters/stepfn/answers"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/boot/platform"
	"github.com/slipwayhq/slipway/shared/boot/sealer"
	"github.com/slipwayhq/slipway/shared/lambdaevent"
	"github.com/slipwayhq/slipway/shared/webhooks"
	"github.com/slipwayhq/slipway/shared/zones/creationfn"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	set, client := env.Settings, dynamodb.NewFromConfig(env.AWS)
	operations, err1 := dynamo.New(dynamo.Config{Client: client, Table: set.Required("TABLE_OPERATIONS"), Clock: env.Clock, IDs: env.IDs})
	catalog, err2 := dynamo.New(dynamo.Config{Client: client, Table: set.Required("TABLE_CATALOG"), Clock: env.Clock, IDs: env.IDs})
	blobs, err3 := s3.New(s3.Config{AWS: env.AWS, Bucket: set.Required("WORKSPACE_BUCKET"), Clock: env.Clock, IDs: env.IDs})
	token, err4 := secrets.New(secrets.Config{AWS: env.AWS, ARN: set.Required("GITLAB_TOKEN_SECRET"), Clock: env.Clock})
	hook, err5 := secrets.New(secrets.Config{AWS: env.AWS, ARN: set.Required("WEBHOOK_SECRET"), Clock: env.Clock})
	seal, err6 := sealer.New(env)
	cloud, err7 := platform.New(env)
	store, err8 := awssecrets.New(awssecrets.Config{AWS: env.AWS, Clock: env.Clock})
	calls, err9 := answers.New(answers.Config{AWS: env.AWS, Clock: env.Clock})
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9); err != nil {
		return nil, err
	}
	url := set.Required("GITLAB_URL")
	host, err := gitlab.New(gitlab.Config{BaseURL: url, Token: token.Text, Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	tasks, err := creationfn.New(creationfn.Deps{
		Operations: operations, Catalog: catalog, Workspaces: blobs, SCM: host, Callbacks: calls, Sealer: seal,
		GitLabURL: url, AWS: cloud, SecretStore: store, WebhookURL: set.Required("WEBHOOK_URL"), Secrets: webhooks.StoredSecrets{Document: hook},
		Accounts: set.List("ALLOWED_ACCOUNTS"), PlatformGroups: set.List("PLATFORM_GROUPS"), AllowedHosts: set.List("ALLOWED_HOSTS"), Owner: env.IDs.New(), Settle: creationfn.Settle(set.Duration("GITLAB_REQUEST_TIMEOUT", creationfn.RequestTimeout)), Clock: env.Clock, IDs: env.IDs, Log: env.Log,
	})
	if err != nil {
		return nil, err
	}
	return lambdaevent.Tasks(tasks), nil
}
