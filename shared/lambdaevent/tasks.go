package lambdaevent

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/slipwayhq/slipway/shared/workflow"
)

// maxCause is the longest cause in bytes; Step Functions takes 32,768 characters, and what
// is caught travels on in the state.
const maxCause = 4 << 10

// Tasks makes a Lambda handler for the tasks of state machines: the payload's "task" names
// the one to run, and the whole payload is its input. A failure reaches the machine under
// the name that Retry and Catch match.
func Tasks(tasks map[string]workflow.Task) func(context.Context, json.RawMessage) (json.RawMessage, error) {
	dispatch := workflow.Dispatch(tasks)
	return func(ctx context.Context, payload json.RawMessage) (json.RawMessage, error) {
		out, err := dispatch(ctx, payload)
		if err != nil {
			return nil, named(err)
		}
		return out, nil
	}
}

// named makes an error one whose name Step Functions sees; any other error would be named
// after its Go type.
func named(err error) error {
	t := workflow.TaskErrorFrom(err)
	cause := t.Cause
	if len(cause) > maxCause {
		cause = strings.ToValidUTF8(cause[:maxCause], "") // a character may have been cut in two
	}
	return messages.InvokeResponse_Error{Type: t.Name, Message: cause}
}
