// Command relay is the publisher of the tables' outboxes: it reads their streams and owns nothing else.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsbridge "github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/adapters/eventbridge"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/lambdaevent"
	"github.com/slipwayhq/slipway/shared/outbox"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	set, client := env.Settings, dynamodb.NewFromConfig(env.AWS)
	publisher, err := eventbridge.New(eventbridge.Config{Client: awsbridge.NewFromConfig(env.AWS), BusName: set.Required("EVENT_BUS"), Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	streams := map[string]lambdaevent.ItemsHandler{}
	for _, setting := range []string{"TABLE_OPERATIONS", "TABLE_DELIVERIES", "TABLE_CATALOG"} {
		name := set.Required(setting)
		table, err := dynamo.New(dynamo.Config{Client: client, Table: name, Clock: env.Clock, IDs: env.IDs})
		if err != nil {
			return nil, err
		}
		relay, err := outbox.NewRelay(outbox.Deps{Table: table, Publisher: publisher, Clock: env.Clock, Log: env.Log})
		if err != nil {
			return nil, err
		}
		streams[name] = relay.Deliver
	}
	return lambdaevent.Streams(env.Log, streams), nil
}
