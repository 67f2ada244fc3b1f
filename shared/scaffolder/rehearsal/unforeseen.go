package rehearsal

import (
	"encoding/json"
	"errors"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/script"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
)

// errUnknowing says that a call could not be foreseen because its input has a mark in it
// for what nobody knows yet.
var errUnknowing = errors.New("a value of its input is known only later")

// unknowing marks the failure of a call whose input nobody knows yet.
func unknowing(c script.Call, err error) error {
	input, marshalErr := json.Marshal(c.Input)
	if marshalErr == nil && operations.HoldsUnknown(string(input)) && !errs.Transient(err) {
		return errors.Join(errUnknowing, err)
	}
	return err
}

// unforeseen reports whether a step can't be foreseen, and says so in the log. It runs when
// its time comes; an effect that it then has is not in the plan, and refused.
func (r *run) unforeseen(s template.Step, err error) bool {
	if !errors.Is(err, errUnknowing) && !errors.Is(err, script.ErrNoEach) {
		return false
	}
	r.say(s.ID, operations.StepSkipped, "Step "+s.ID+" can't be foreseen: it depends on what is known only later")
	return true
}
