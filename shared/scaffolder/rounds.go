package scaffolder

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// maxRounds is for how many values a step may run.
const maxRounds = 1000

// errUnknownEach says that the each of a step gives nothing.
var errUnknownEach = errors.New("there is no such value")

// round is one call of a step's action that is wanted.
type round struct {
	id    string // the step's, with the number of the round when there are several
	input map[string]any
}

// complete makes the call of it.
func (c round) complete(o *operations.Operation, r resolved, files actions.Workspaces) actions.Call {
	return actions.Call{Operation: o.Ref(), StepID: c.id, Input: c.input, Source: r.Source, Workspace: o.ID, Files: files}
}

// calls gives the calls of a step that are wanted: one, or one for each value. The if of a
// step with an each is asked for every value; the step itself is then wanted unless its if
// is plainly false or a step has failed.
func (t *Tasks) calls(ctx context.Context, s step, sc *scope) (list []round, wanted bool, err error) {
	if s.Each == nil {
		if wanted, err = t.wanted(ctx, s, sc); err != nil || !wanted {
			return nil, false, err
		}
		input, err := t.renderInput(ctx, s, sc)
		return []round{{s.ID, input}}, true, err
	}
	if s.If == false || sc.failed && !t.afterFailure(ctx, s) {
		return nil, false, nil
	}
	values, err := t.each(ctx, s, sc)
	if err != nil {
		return nil, false, err
	}
	for i, value := range values {
		inner := sc.with("each", value)
		run, err := t.wanted(ctx, s, inner)
		if err != nil {
			return nil, false, err
		}
		if !run {
			continue
		}
		input, err := t.renderInput(ctx, s, inner)
		if err != nil {
			return nil, false, err
		}
		list = append(list, round{s.ID + "/" + strconv.Itoa(i), input})
	}
	return list, true, nil
}

// each gives the values that a step runs for, each with its key: the elements of a list by
// number, the members of an object by name.
func (t *Tasks) each(ctx context.Context, s step, sc *scope) ([]map[string]any, error) {
	over, err := t.evaluate(ctx, fmt.Sprintf("steps.%s.each", s.ID), s.Each, sc)
	if err != nil {
		return nil, fmt.Errorf("evaluating each of step %q: %w", s.ID, err)
	}
	var values []map[string]any
	switch over := over.(type) {
	case []any:
		for i, v := range over {
			values = append(values, map[string]any{"key": strconv.Itoa(i), "value": v})
		}
	case templating.Object:
		for _, m := range over {
			values = append(values, map[string]any{"key": m.Name, "value": m.Value})
		}
	case nil, templating.Undefined:
		return nil, errs.Wrap(errs.Invalid, fmt.Sprintf("each of step %q gives no value", s.ID), errUnknownEach)
	default:
		return nil, errs.New(errs.Invalid, fmt.Sprintf("each of step %q must give a list or an object", s.ID))
	}
	if len(values) > maxRounds {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("each of step %q gives %d values, more than %d", s.ID, len(values), maxRounds))
	}
	return values, nil
}

// outputsOf gives a step's outputs: those of its call, or with each, for every name the
// list of what the calls gave.
func outputsOf(s step, calls []map[string]any) map[string]any {
	all := map[string]any{}
	for _, outputs := range calls {
		for name, v := range outputs {
			if s.Each == nil {
				all[name] = v
				continue
			}
			list, _ := all[name].([]any)
			all[name] = append(list, v)
		}
	}
	return all
}
