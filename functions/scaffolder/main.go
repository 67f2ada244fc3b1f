// Command scaffolder is the function behind /api/scaffolder: it shows what templates ask for
// and what they would do, and starts, shows and stops their tasks. Its GitLab token only reads.
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
	"github.com/slipwayhq/slipway/shared/zones/scaffolderfn"
	"github.com/slipwayhq/slipway/statemachines"
)

func main() { boot.Main(build) }

func build(_ context.Context, env boot.Env) (any, error) {
	set, tables := env.Settings, dynamodb.NewFromConfig(env.AWS)
	operations, err1 := dynamo.New(dynamo.Config{Client: tables, Table: set.Required("TABLE_OPERATIONS"), Clock: env.Clock, IDs: env.IDs})
	catalog, err2 := dynamo.New(dynamo.Config{Client: tables, Table: set.Required("TABLE_CATALOG"), Clock: env.Clock, IDs: env.IDs})
	token, err3 := secrets.New(secrets.Config{AWS: env.AWS, ARN: set.Required("GITLAB_TOKEN_SECRET"), Clock: env.Clock})
	seal, err4 := sealer.New(env)
	who, err5 := signin.New(env)
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
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	zone, err := scaffolderfn.New(scaffolderfn.Deps{Authenticator: who, Deps: acceptance.Deps{
		Operations: operations, Catalog: catalog, SCM: host, GitLabURL: url, AWS: cloud, Workflow: machines, Executions: machines,
		Callbacks: calls, Sealer: seal, Accounts: set.List("ALLOWED_ACCOUNTS"), Clock: env.Clock, IDs: env.IDs, Log: env.Log,
	}})
	if err != nil {
		return nil, err
	}
	return lambdahttp.New(zone)
}
