// Command reconcile is the function behind the tasks of reconcile: the comparison of the catalog with
// GitLab and the repair of what an interruption left. Its GitLab token writes where hooks are repaired.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsbridge "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/adapters/eventbridge"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/s3"
	"github.com/slipwayhq/slipway/shared/adapters/secrets"
	"github.com/slipwayhq/slipway/shared/adapters/stepfn"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/catalog/snapshot"
	"github.com/slipwayhq/slipway/shared/lambdaevent"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/webhooks"
	"github.com/slipwayhq/slipway/shared/zones/reconcilefn"
	"github.com/slipwayhq/slipway/statemachines"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	set, client := env.Settings, dynamodb.NewFromConfig(env.AWS)
	tables, problems := map[string]table.Table{}, []error(nil)
	keep := func(err error) { problems = append(problems, err) }
	for _, setting := range []string{"TABLE_OPERATIONS", "TABLE_DELIVERIES", "TABLE_CATALOG"} {
		t, err := dynamo.New(dynamo.Config{Client: client, Table: set.Required(setting), Clock: env.Clock, IDs: env.IDs})
		keep(err)
		tables[setting] = t
	}
	publisher, err := eventbridge.New(eventbridge.Config{Client: awsbridge.NewFromConfig(env.AWS), BusName: set.Required("EVENT_BUS"), Clock: env.Clock})
	keep(err)
	machine := set.Required("CREATE_APP_MACHINE_ARN")
	machines, err := stepfn.New(stepfn.Config{Client: sfn.NewFromConfig(env.AWS), MachineARN: func(name string) (string, bool) { return machine, name == statemachines.CreateApp }})
	keep(err)
	token, tokenErr := secrets.New(secrets.Config{AWS: env.AWS, ARN: set.Required("GITLAB_TOKEN_SECRET"), Clock: env.Clock})
	hook, hookErr := secrets.New(secrets.Config{AWS: env.AWS, ARN: set.Required("WEBHOOK_SECRET"), Clock: env.Clock})
	blobs, blobErr := s3.New(s3.Config{AWS: env.AWS, Bucket: set.Required("SNAPSHOT_BUCKET"), Clock: env.Clock, IDs: env.IDs})
	snapshots, snapErr := snapshot.New(snapshot.Config{Blobs: blobs, Clock: env.Clock})
	host, err := gitlab.New(gitlab.Config{BaseURL: set.Required("GITLAB_URL"), Token: token.Text, Clock: env.Clock})
	if err = errors.Join(append(problems, tokenErr, hookErr, blobErr, snapErr, err)...); err != nil {
		return nil, err
	}
	tasks, err := reconcilefn.New(reconcilefn.Deps{
		Catalog: tables["TABLE_CATALOG"], Operations: tables["TABLE_OPERATIONS"], Outboxes: tables, Publisher: publisher, Workflow: machines, Executions: machines,
		SCM: host, Snapshots: snapshots, GitLabURL: set.Required("GITLAB_URL"), PlatformGroups: set.List("PLATFORM_GROUPS"), AllowedHosts: set.List("ALLOWED_HOSTS"), DiscoverGroups: set.List("DISCOVER_GROUPS"),
		WebhookURL: set.Optional("WEBHOOK_URL", ""), Secrets: webhooks.StoredSecrets{Document: hook}, Clock: env.Clock, IDs: env.IDs, Log: env.Log,
	})
	return lambdaevent.Tasks(tasks), err
}
