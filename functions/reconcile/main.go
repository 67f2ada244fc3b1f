// Command reconcile is the scheduled repair of what an interruption left behind.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsbridge "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/adapters/eventbridge"
	"github.com/slipwayhq/slipway/shared/adapters/stepfn"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/lambdaevent"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/zones/reconcilefn"
	"github.com/slipwayhq/slipway/statemachines"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	set, client := env.Settings, dynamodb.NewFromConfig(env.AWS)
	tables := map[string]table.Table{}
	for _, setting := range []string{"TABLE_OPERATIONS", "TABLE_DELIVERIES", "TABLE_CATALOG"} {
		t, err := dynamo.New(dynamo.Config{Client: client, Table: set.Required(setting), Clock: env.Clock, IDs: env.IDs})
		if err != nil {
			return nil, err
		}
		tables[setting] = t
	}
	publisher, err := eventbridge.New(eventbridge.Config{Client: awsbridge.NewFromConfig(env.AWS), BusName: set.Required("EVENT_BUS"), Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	machine := set.Required("CREATE_APP_MACHINE_ARN")
	machines, err := stepfn.New(stepfn.Config{Client: sfn.NewFromConfig(env.AWS), MachineARN: func(name string) (string, bool) {
		return machine, name == statemachines.CreateApp
	}})
	if err != nil {
		return nil, err
	}
	round, err := reconcilefn.New(reconcilefn.Deps{
		Operations: tables["TABLE_OPERATIONS"], Outboxes: tables, Publisher: publisher, Workflow: machines, Executions: machines,
		Clock: env.Clock, IDs: env.IDs, Log: env.Log,
	})
	if err != nil {
		return nil, err
	}
	return lambdaevent.Schedule(func(ctx context.Context, _ lambdaevent.Tick) error { return round(ctx) }), nil
}
