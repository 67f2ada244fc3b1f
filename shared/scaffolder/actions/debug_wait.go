package actions

import (
	"context"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// DebugWaitID is what templates call the action that waits.
const DebugWaitID = "debug:wait"

// maxWait leaves a step the time that its task has in all, 5 minutes.
const maxWait = 4 * time.Minute

type debugWaitInput struct {
	Minutes      float64 `json:"minutes"`
	Seconds      float64 `json:"seconds"`
	Milliseconds float64 `json:"milliseconds"`
}

func readDebugWait(call Call) (time.Duration, error) {
	in, err := decodeInput[debugWaitInput](call)
	if err != nil {
		return 0, err
	}
	seconds := max(in.Minutes*60+in.Seconds+in.Milliseconds/1000, 0)
	if !(seconds <= maxWait.Seconds()) { // NaN, too
		return 0, errs.New(errs.Invalid, fmt.Sprintf("debug:wait waits for at most %.0f minutes", maxWait.Minutes()))
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

func newDebugWait(c FilesConfig) Action {
	return onFiles{
		id:    DebugWaitID,
		check: func(call Call) error { _, err := readDebugWait(call); return err },
		change: func(ctx context.Context, call Call, _ *workspace.Files) (Result, bool, error) {
			wait, err := readDebugWait(call)
			if err != nil {
				return Result{}, false, err
			}
			if call.Rehearsing {
				return Result{}, false, nil
			}
			call.say("waiting for " + wait.String())
			if err := c.Clock.Sleep(ctx, wait); err != nil {
				return Result{}, false, fmt.Errorf("waiting for %s: %w", wait, err)
			}
			return Result{Detail: "waited for " + wait.String()}, false, nil
		},
	}
}

func debugWaitSpec() Spec {
	return Spec{
		ID:          DebugWaitID,
		Description: "Waits, at most 4 minutes.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"minutes":{"type":"number","description":"Minutes to wait"},
"seconds":{"type":"number","description":"Seconds to wait, besides"},
"milliseconds":{"type":"number","description":"Milliseconds to wait, besides"}}}`),
		Examples: []Example{{"Wait for half a minute", `steps:
  - id: pause
    name: Give it time
    action: debug:wait
    input:
      seconds: 30
`}},
	}
}
