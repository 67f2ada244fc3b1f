// Package answers completes the tasks of state machines on AWS Step Functions that wait for
// a token. It owns the two requests and what their answers mean. Executions are package
// stepfn's: a function that only answers does without the SDK's client, which would be a
// quarter of a megabyte in it.
package answers

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

const maxToken = 2048 // characters of a task token

// Config is what Answers need.
type Config struct {
	AWS   aws.Config
	Clock clock.Clock
}

// Answers completes tasks that wait for a token. It is safe for concurrent use.
type Answers struct{ calls *awsclient.Calls }

var _ workflow.Callbacks = (*Answers)(nil)

// New makes answers.
func New(c Config) (*Answers, error) {
	calls, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: c.AWS, Service: "states", Clock: c.Clock})
	if err != nil {
		return nil, fmt.Errorf("reaching Step Functions: %w", err)
	}
	return &Answers{calls: calls}, nil
}

// Succeed completes a task
// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html).
func (a *Answers) Succeed(ctx context.Context, token string, output json.RawMessage) error {
	if err := workflow.ValidateData("the output", output); err != nil {
		return err
	}
	return a.send(ctx, "SendTaskSuccess", map[string]string{"taskToken": token, "output": string(output)})
}

// Fail fails a task
// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html).
func (a *Answers) Fail(ctx context.Context, token, name, cause string) error {
	name, cause = workflow.ClipFailure(name, cause)
	return a.send(ctx, "SendTaskFailure", map[string]string{"taskToken": token, "error": name, "cause": cause})
}

// send makes a call. The service has three ways to say that nobody waits for a token any
// more, and would not look at every text.
func (a *Answers) send(ctx context.Context, operation string, in map[string]string) error {
	if token := in["taskToken"]; token == "" || len(token) > maxToken {
		return errNoTask(nil)
	}
	err := a.calls.JSON10(ctx, "AWSStepFunctions."+operation, in, nil)
	if err == nil {
		return nil
	}
	switch awserr.Code(err) {
	case "TaskTimedOut", "TaskDoesNotExist", "InvalidToken":
		return errNoTask(err)
	}
	return awserr.Wrap("the task can't be completed", err)
}

func errNoTask(cause error) error {
	return errs.Wrap(errs.NotFound, "no task waits for this token", cause)
}
