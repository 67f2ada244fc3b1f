// Command probe is the Lambda function that the contract of the workflow port is tried out
// with on Step Functions: workflowtest.Probe behind Lambda's runtime interface. The
// environment variable MACHINE_PREFIX is what the ARNs of the machines begin with.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/slipwayhq/slipway/shared/adapters/stepfn"
	"github.com/slipwayhq/slipway/shared/adapters/stepfn/answers"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/workflow"
	"github.com/slipwayhq/slipway/shared/workflow/workflowtest"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	prefix := os.Getenv("MACHINE_PREFIX")
	port, err := stepfn.New(stepfn.Config{
		Client:     sfn.NewFromConfig(settings),
		MachineARN: func(machine string) (string, bool) { return prefix + machine, true },
	})
	if err != nil {
		log.Fatal(err)
	}
	settings.HTTPClient = http.DefaultClient
	calls, err := answers.New(answers.Config{AWS: settings, Clock: clock.System{}})
	if err != nil {
		log.Fatal(err)
	}
	probe := &workflowtest.Probe{Starter: port, Callbacks: calls}
	lambda.Start(func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
		output, err := probe.Task(ctx, input)
		if err != nil {
			failed := workflow.TaskErrorFrom(err)
			return nil, messages.InvokeResponse_Error{Type: failed.Name, Message: failed.Cause}
		}
		return output, nil
	})
}
