// Command operations is the function behind /api/operations, /api/audit, /api/environments and their description,
// /openapi.json: it says what would be done, stores what is asked for and starts the machine that does it.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/adapters/secrets"
	"github.com/slipwayhq/slipway/shared/adapters/stepfn"
	"github.com/slipwayhq/slipway/shared/adapters/stepfn/answers"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/boot/platform"
	"github.com/slipwayhq/slipway/shared/boot/sealer"
	"github.com/slipwayhq/slipway/shared/boot/signin"
	"github.com/slipwayhq/slipway/shared/lambdahttp"
	"github.com/slipwayhq/slipway/shared/zones/acceptance"
	"github.com/slipwayhq/slipway/shared/zones/operationsfn"
	"github.com/slipwayhq/slipway/statemachines"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	set, client := env.Settings, dynamodb.NewFromConfig(env.AWS)
	operations, err1 := dynamo.New(dynamo.Config{Client: client, Table: set.Required("TABLE_OPERATIONS"), Clock: env.Clock, IDs: env.IDs})
	catalog, err2 := dynamo.New(dynamo.Config{Client: client, Table: set.Required("TABLE_CATALOG"), Clock: env.Clock, IDs: env.IDs})
	audit, err3 := dynamo.New(dynamo.Config{Client: client, Table: set.Required("TABLE_AUDIT"), Clock: env.Clock, IDs: env.IDs})
	token, err4 := secrets.New(secrets.Config{AWS: env.AWS, ARN: set.Required("GITLAB_TOKEN_SECRET"), Clock: env.Clock})
	seal, err5 := sealer.New(env)
	cloud, err6 := platform.New(env)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, err
	}
	url, machine := set.Required("GITLAB_URL"), set.Required("CREATE_APP_MACHINE_ARN")
	host, err1 := gitlab.New(gitlab.Config{BaseURL: url, Token: token.Text, Clock: env.Clock})
	machines, err2 := stepfn.New(stepfn.Config{Client: sfn.NewFromConfig(env.AWS), MachineARN: func(name string) (string, bool) {
		return machine, name == statemachines.CreateApp
	}})
	calls, err3 := answers.New(answers.Config{AWS: env.AWS, Clock: env.Clock})
	who, err4 := signin.New(env)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	zone, err := operationsfn.New(operationsfn.Deps{Audit: audit, Authenticator: who, Deps: acceptance.Deps{
		Operations: operations, Catalog: catalog, SCM: host, GitLabURL: url, AWS: cloud, Workflow: machines, Executions: machines,
		Callbacks: calls, Sealer: seal, Accounts: set.List("ALLOWED_ACCOUNTS"), Clock: env.Clock, IDs: env.IDs, Log: env.Log,
	}})
	if err != nil {
		return nil, err
	}
	return lambdahttp.New(zone.Handler)
}
