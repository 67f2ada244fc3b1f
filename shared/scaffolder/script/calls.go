package script

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// Reader reads the steps of templates. It is safe for concurrent use.
type Reader struct{ engine *templating.Engine }

// New makes a reader that renders with engine.
func New(engine *templating.Engine) (*Reader, error) {
	if engine == nil {
		return nil, errors.New("reading steps needs a template engine")
	}
	return &Reader{engine: engine}, nil
}

// maxRounds is for how many values a step may run.
const maxRounds = 1000

// ErrNoEach says that the each of a step is to come from earlier steps, which gave nothing.
var ErrNoEach = errors.New("there is no such value")

// Call is one call of a step's action that is wanted.
type Call struct {
	ID    string         // the step's, with the number of the round when there are several
	Input map[string]any // rendered
}

// Calls gives the calls of a step that are wanted: one, or one for each value. The if of a
// step with an each is asked for every value; the step itself is then wanted unless its if
// is plainly false or a step has failed. An empty if then says nothing.
func (r *Reader) Calls(ctx context.Context, s template.Step, sc *Scope) (list []Call, wanted bool, err error) {
	if s.Each == nil {
		if wanted, err = r.wanted(ctx, s, sc); err != nil || !wanted {
			return nil, false, err
		}
		input, err := r.renderInput(ctx, s, sc.forAction())
		return []Call{{s.ID, input}}, true, err
	}
	if s.If == false || r.PassedOver(ctx, s, sc) {
		return nil, false, nil
	}
	if s.If == "" {
		s.If = nil
	}
	sc = sc.forAction()
	values, err := r.each(ctx, s, sc)
	if err != nil {
		return nil, false, err
	}
	for i, value := range values {
		inner := sc.with("each", value)
		run, err := r.wanted(ctx, s, inner)
		if err != nil {
			return nil, false, err
		}
		if !run {
			continue
		}
		input, err := r.renderInput(ctx, s, inner)
		if err != nil {
			return nil, false, err
		}
		list = append(list, Call{s.ID + "/" + strconv.Itoa(i), input})
	}
	return list, true, nil
}

// each gives the values that a step runs for, each with its key: the elements of a list by
// number, the members of an object by name.
func (r *Reader) each(ctx context.Context, s template.Step, sc *Scope) ([]map[string]any, error) {
	over, err := r.evaluate(ctx, fmt.Sprintf("steps.%s.each", s.ID), s.Each, sc)
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
		err := errs.New(errs.Invalid, fmt.Sprintf("each of step %q gives no value", s.ID))
		if r.dependsOnSteps(ctx, s.Each) {
			err.Cause = ErrNoEach
		}
		return nil, err
	default:
		return nil, errs.New(errs.Invalid, fmt.Sprintf("each of step %q must give a list or an object", s.ID))
	}
	if len(values) > maxRounds {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("each of step %q gives %d values, more than %d", s.ID, len(values), maxRounds))
	}
	return values, nil
}

// dependsOnSteps reports whether a text refers to outputs of steps.
func (r *Reader) dependsOnSteps(ctx context.Context, each any) bool {
	src, _ := each.(string)
	list, err := r.engine.References(ctx, "each", src)
	return err == nil && slices.ContainsFunc(list, func(ref templating.Reference) bool { return ref.Path[0] == "steps" })
}

// Outputs gives a step's outputs: those of its call, or with each, for every name the
// list of what the calls gave.
func Outputs(s template.Step, calls []map[string]any) map[string]any {
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
