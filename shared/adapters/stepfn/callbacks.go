package stepfn

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

const maxToken = 2048 // characters of a task token

// Answers completes tasks that wait for a token. A function that only answers needs no
// more than this.
type Answers struct{ client CallbackAPI }

var _ workflow.Callbacks = Answers{}

// NewAnswers makes answers from a Step Functions client.
func NewAnswers(client CallbackAPI) Answers { return Answers{client: client} }

// Succeed completes a task.
func (a Answers) Succeed(ctx context.Context, token string, output json.RawMessage) error {
	if err := workflow.ValidateData("the output", output); err != nil {
		return err
	}
	if !possible(token) {
		return errNoTask(nil)
	}
	_, err := a.client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String(token), Output: aws.String(string(output))})
	return sent(err)
}

// Fail fails a task.
func (a Answers) Fail(ctx context.Context, token, name, cause string) error {
	if !possible(token) {
		return errNoTask(nil)
	}
	name, cause = workflow.ClipFailure(name, cause)
	_, err := a.client.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{
		TaskToken: aws.String(token), Error: aws.String(name), Cause: aws.String(cause),
	})
	return sent(err)
}

// possible reports whether the service would look at a token at all.
func possible(token string) bool { return token != "" && len(token) <= maxToken }

func errNoTask(cause error) error {
	return errs.Wrap(errs.NotFound, "no task waits for this token", cause)
}

// sent classifies what became of a callback. The service has three ways to say that nobody
// waits for it any more.
func sent(err error) error {
	if err == nil {
		return nil
	}
	switch awserr.Code(err) {
	case "TaskTimedOut", "TaskDoesNotExist", "InvalidToken":
		return errNoTask(err)
	}
	return awserr.Wrap("the task can't be completed", err)
}
