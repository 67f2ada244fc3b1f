package workflow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Dispatch makes one task of several: the input's "task" names which one runs, and the
// whole input is its input. Its errors are *TaskError, a result of nothing is null.
func Dispatch(byName map[string]Task) Task {
	return func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
		var named struct {
			Task string `json:"task"`
		}
		if err := json.Unmarshal(input, &named); err != nil {
			return nil, TaskErrorFrom(errs.Wrap(errs.Invalid, "the payload of a task is not a JSON object", err))
		}
		run := byName[named.Task]
		if run == nil {
			return nil, &TaskError{Name: UnknownTask, Cause: fmt.Sprintf("this function has no task %.100q", named.Task)}
		}
		out, err := run(ctx, input)
		if err != nil {
			return nil, TaskErrorFrom(err)
		}
		if out == nil {
			out = json.RawMessage("null")
		}
		return out, nil
	}
}
