// Command webhooks is the function that GitLab talks to: it verifies, stores and answers.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/adapters/secrets"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/lambdahttp"
	"github.com/slipwayhq/slipway/shared/webhooks"
	"github.com/slipwayhq/slipway/shared/zones/webhooksfn"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	set := env.Settings
	table, err := dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(env.AWS), Table: set.Required("TABLE_DELIVERIES"), Clock: env.Clock, IDs: env.IDs})
	if err != nil {
		return nil, err
	}
	secret, err := secrets.New(secrets.Config{AWS: env.AWS, ARN: set.Required("WEBHOOK_SECRET"), Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	handler, err := webhooksfn.New(webhooksfn.Deps{
		Deliveries: table, Secrets: webhooks.StoredSecrets{Document: secret}, Clock: env.Clock, IDs: env.IDs, Log: env.Log,
	})
	if err != nil {
		return nil, err
	}
	return lambdahttp.New(handler)
}
