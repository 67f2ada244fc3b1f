package script

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// renderInput renders a step's input. A value that comes out undefined is left out, as if
// the template had not named it.
func (r *Reader) renderInput(ctx context.Context, s template.Step, sc *Scope) (map[string]any, error) {
	v, err := r.render(ctx, fmt.Sprintf("steps.%s.input", s.ID), plain(s.Input), sc)
	if err != nil {
		return nil, err
	}
	input := map[string]any{}
	members, _ := v.(templating.Object)
	for _, m := range members {
		input[m.Name] = m.Value
	}
	return input, nil
}

// render renders all texts in v. One that is no valid template, or fails on its values, is
// left as it is, as Backstage does: what looks like a template may be meant for somebody
// else. What was left is noted in the scope.
func (r *Reader) render(ctx context.Context, where string, v any, sc *Scope) (any, error) {
	switch v := v.(type) {
	case string:
		rendered, err := r.engine.Value(ctx, where, v, sc.values)
		if errors.Is(err, errs.Invalid) {
			*sc.kept = append(*sc.kept, errs.Message(err))
			return v, nil
		}
		return rendered, err
	case templating.Object:
		out := make(templating.Object, 0, len(v))
		for _, m := range v {
			rendered, err := r.render(ctx, where+"."+m.Name, m.Value, sc)
			if err != nil {
				return nil, err
			}
			if _, undefined := rendered.(templating.Undefined); !undefined {
				out = append(out, templating.Member{Name: m.Name, Value: rendered})
			}
		}
		return out, nil
	case []any:
		out := make([]any, 0, len(v))
		for i, value := range v {
			rendered, err := r.render(ctx, fmt.Sprintf("%s[%d]", where, i), value, sc)
			if err != nil {
				return nil, err
			}
			if rendered == (templating.Undefined{}) {
				rendered = nil // as JSON writes an undefined element of a list
			}
			out = append(out, rendered)
		}
		return out, nil
	}
	return v, nil
}

// evaluate gives the value of a condition or of an each. Here a mistake is an error: what
// can't be read must not decide anything.
func (r *Reader) evaluate(ctx context.Context, where string, v any, sc *Scope) (any, error) {
	if text, ok := v.(string); ok {
		return r.engine.Value(ctx, where, text, sc.values)
	}
	return r.render(ctx, where, v, sc)
}

// wanted evaluates a step's if, with JavaScript's idea of truth but for empty lists, which
// are false. Once a step has failed, only a step is wanted that asks for that.
func (r *Reader) wanted(ctx context.Context, s template.Step, sc *Scope) (bool, error) {
	if r.PassedOver(ctx, s, sc) {
		return false, nil
	}
	if s.If == nil {
		return true, nil
	}
	status := sc.with("always", templating.Returns{Value: true}).with("failure", templating.Returns{Value: sc.failed})
	v, err := r.evaluate(ctx, fmt.Sprintf("steps.%s.if", s.ID), s.If, status)
	if err != nil {
		return false, fmt.Errorf("evaluating the if condition of step %q: %w", s.ID, err)
	}
	return truthy(v), nil
}

// PassedOver reports whether a step does not even begin: an earlier one has failed, and its
// if does not ask for that.
func (r *Reader) PassedOver(ctx context.Context, s template.Step, sc *Scope) bool {
	return sc.failed && !r.afterFailure(ctx, s)
}

// afterFailure reports whether a step's if calls always() or failure(): such a step is
// looked at although an earlier one has failed.
func (r *Reader) afterFailure(ctx context.Context, s template.Step) bool {
	text, _ := s.If.(string)
	list, err := r.engine.References(ctx, "if", text)
	return err == nil && slices.ContainsFunc(list, func(to templating.Reference) bool {
		return to.Called && len(to.Path) == 1 && (to.Path[0] == "always" || to.Path[0] == "failure")
	})
}

func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0 && !math.IsNaN(v)
	case []any:
		return len(v) > 0
	}
	return v != (templating.Undefined{})
}
