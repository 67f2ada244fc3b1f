package workflow

import (
	"context"
	"encoding/json"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Dispatch makes one task of several: the input's "task" names which one runs.
func Dispatch(byName map[string]Task) Task {
	return func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
		var named struct {
			Task string `json:"task"`
		}
		if err := json.Unmarshal(input, &named); err != nil {
			return nil, TaskErrorFrom(errs.Wrap(errs.Invalid, "the task's input is not an object", err))
		}
		run := byName[named.Task]
		if run == nil {
			return nil, TaskErrorFrom(errs.New(errs.Invalid, "the task's input names no task that exists"))
		}
		return run(ctx, input)
	}
}
