// Command audit is the writer of the audit trail: it may append to one table and nothing else.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/adapters/eventqueue"
	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/lambdaevent"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	table, err := dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Settings.Required("TABLE_AUDIT"), Clock: env.Clock, IDs: env.IDs})
	if err != nil {
		return nil, err
	}
	trail, err := audit.New(audit.Deps{Table: table, Clock: env.Clock, Log: env.Log})
	if err != nil {
		return nil, err
	}
	return lambdaevent.Queue(env.Log, eventqueue.Consumer(trail.Consume)), nil
}
