// Command auth is the function behind /api/auth, /api/permission, /api/user-settings and /api/notifications: what the
// person in front of a frontend may do and has set. Nobody is a guest here.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/boot/signin"
	"github.com/slipwayhq/slipway/shared/lambdahttp"
	"github.com/slipwayhq/slipway/shared/zones/authfn"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	settings, err := dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Settings.Required("TABLE_SETTINGS"), Clock: env.Clock, IDs: env.IDs})
	if err != nil {
		return nil, err
	}
	who, err := signin.New(env)
	if err != nil {
		return nil, err
	}
	handler, err := authfn.New(authfn.Deps{Settings: settings, Authenticator: who, Clock: env.Clock, IDs: env.IDs, Log: env.Log})
	if err != nil {
		return nil, err
	}
	return lambdahttp.New(handler)
}
