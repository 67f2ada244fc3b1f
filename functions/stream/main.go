// Command stream is the function behind the routes that stream, reached through a function
// URL: the events of tasks and the logs of operations. It reads one table and may do
// nothing else.
package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/boot/signin"
	"github.com/slipwayhq/slipway/shared/lambdahttp"
	"github.com/slipwayhq/slipway/shared/zones/streamfn"
)

// margin is how long before the time limit a stream ends, after whole events.
const margin = 5 * time.Second

// authorization is where the distribution moves the caller's token to before it signs.
const authorization = "X-Slipway-Authorization"

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	operations, err := dynamo.New(dynamo.Config{
		Client: dynamodb.NewFromConfig(env.AWS), Table: env.Settings.Required("TABLE_OPERATIONS"), Clock: env.Clock, IDs: env.IDs,
	})
	if err != nil {
		return nil, err
	}
	who, err := signin.New(env)
	if err != nil {
		return nil, err
	}
	zone, err := streamfn.New(streamfn.Deps{Operations: operations, Authenticator: who, Clock: env.Clock, IDs: env.IDs, Log: env.Log})
	if err != nil {
		return nil, err
	}
	streams, err := lambdahttp.NewStream(lambdahttp.StreamConfig{Handler: zone, Margin: margin, Authorization: authorization})
	if err != nil {
		return nil, err
	}
	return streams.Invoke, nil
}
