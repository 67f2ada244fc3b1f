package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

type step = template.Step

// scope is what a template's expressions can refer to: parameters, the outputs of earlier
// steps, the user, the task, and the resolved environments.
type scope struct {
	values map[string]any
	steps  map[string]any
	failed bool // a step has failed
	// kept says which texts could not be rendered and were left as they are.
	kept *[]string
}

func newScope(o *operations.Operation, r resolved) *scope {
	s := &scope{steps: map[string]any{}, kept: new([]string)}
	for i := range o.Steps {
		id, ofTemplate := strings.CutPrefix(o.Steps[i].ID, stepKey(""))
		if !ofTemplate {
			continue
		}
		if o.Steps[i].Status == operations.StepFailed {
			s.failed = true
		} else if outputs, err := templating.ParseJSON(o.Steps[i].Output); err == nil {
			s.steps[id] = map[string]any{"output": outputs}
		}
	}
	user := map[string]any{}
	if o.Actor != "" {
		user["ref"] = o.Actor
	}
	s.values = map[string]any{
		"parameters":   r.Values,
		"steps":        s.steps,
		"user":         user,
		"context":      map[string]any{"task": map[string]any{"id": o.ID}},
		"environments": plain(r.Environments),
	}
	return s
}

// setOutput makes a step's outputs visible to later steps.
func (s *scope) setOutput(id string, outputs map[string]any) {
	s.steps[id] = map[string]any{"output": plain(outputs)}
}

// with gives the scope with one more value.
func (s *scope) with(name string, value any) *scope {
	inner := *s
	inner.values = maps.Clone(s.values)
	inner.values[name] = value
	return &inner
}

// plain turns v into JSON's values, the only ones that templates can see.
func plain(v any) any {
	body, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	out, err := templating.ParseJSON(body)
	if err != nil {
		return nil
	}
	return out
}

// renderInput renders a step's input. A value that comes out undefined is left out, as if
// the template had not named it.
func (t *Tasks) renderInput(ctx context.Context, s step, sc *scope) (map[string]any, error) {
	v, err := t.render(ctx, fmt.Sprintf("steps.%s.input", s.ID), s.Input, sc)
	if err != nil {
		return nil, err
	}
	input, _ := v.(map[string]any)
	return input, nil
}

// render renders all texts in v. One that is no valid template, or fails on its values, is
// left as it is, as Backstage does: what looks like a template may be meant for somebody
// else. What was left is noted in the scope.
func (t *Tasks) render(ctx context.Context, where string, v any, sc *scope) (any, error) {
	switch v := v.(type) {
	case string:
		rendered, err := t.deps.Engine.Value(ctx, where, v, sc.values)
		if errors.Is(err, errs.Invalid) {
			*sc.kept = append(*sc.kept, errs.Message(err))
			return v, nil
		}
		return rendered, err
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			rendered, err := t.render(ctx, where+"."+key, value, sc)
			if err != nil {
				return nil, err
			}
			if rendered != (templating.Undefined{}) {
				out[key] = rendered
			}
		}
		return out, nil
	case templating.Object:
		out := make(templating.Object, 0, len(v))
		for _, m := range v {
			rendered, err := t.render(ctx, where+"."+m.Name, m.Value, sc)
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
			rendered, err := t.render(ctx, fmt.Sprintf("%s[%d]", where, i), value, sc)
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
func (t *Tasks) evaluate(ctx context.Context, where string, v any, sc *scope) (any, error) {
	if text, ok := v.(string); ok {
		return t.deps.Engine.Value(ctx, where, text, sc.values)
	}
	return t.render(ctx, where, v, sc)
}

// wanted evaluates a step's if, with JavaScript's idea of truth but for empty lists, which
// are false. Once a step has failed, only a step is wanted that asks for that.
func (t *Tasks) wanted(ctx context.Context, s step, sc *scope) (bool, error) {
	if sc.failed && !t.afterFailure(ctx, s) {
		return false, nil
	}
	if s.If == nil {
		return true, nil
	}
	status := sc.with("always", templating.Returns{Value: true}).with("failure", templating.Returns{Value: sc.failed})
	v, err := t.evaluate(ctx, fmt.Sprintf("steps.%s.if", s.ID), s.If, status)
	if err != nil {
		return false, fmt.Errorf("evaluating the if condition of step %q: %w", s.ID, err)
	}
	return truthy(v), nil
}

// afterFailure reports whether a step's if calls always() or failure(): such a step is
// looked at although an earlier one has failed.
func (t *Tasks) afterFailure(ctx context.Context, s step) bool {
	text, _ := s.If.(string)
	list, err := t.deps.Engine.References(ctx, "if", text)
	return err == nil && slices.ContainsFunc(list, func(r templating.Reference) bool {
		return r.Called && len(r.Path) == 1 && (r.Path[0] == "always" || r.Path[0] == "failure")
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
