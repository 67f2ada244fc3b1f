package scaffolder

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

type step = template.Step

// scope is what a template's expressions can refer to: parameters, the outputs of earlier
// steps, the user, the task, and the resolved environments.
type scope struct {
	values map[string]any
	steps  map[string]any
}

func newScope(o *operations.Operation, r resolved) *scope {
	s := &scope{steps: map[string]any{}}
	for i := range o.Steps {
		var outputs map[string]any
		id, ofTemplate := strings.CutPrefix(o.Steps[i].ID, stepKey(""))
		if ofTemplate && len(o.Steps[i].Output) > 0 && json.Unmarshal(o.Steps[i].Output, &outputs) == nil {
			s.steps[id] = map[string]any{"output": outputs}
		}
	}
	s.values = map[string]any{
		"parameters":   r.Values,
		"steps":        s.steps,
		"user":         map[string]any{"ref": o.Actor},
		"context":      map[string]any{"task": map[string]any{"id": o.ID}},
		"environments": plain(r.Environments),
	}
	return s
}

// setOutput makes a step's outputs visible to later steps.
func (s *scope) setOutput(id string, outputs map[string]any) {
	s.steps[id] = map[string]any{"output": plain(outputs)}
}

// plain turns v into JSON's values, the only ones that templates can see.
func plain(v any) any {
	body, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var out any
	if json.Unmarshal(body, &out) != nil {
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

// render renders all texts in v.
func (t *Tasks) render(ctx context.Context, where string, v any, sc *scope) (any, error) {
	switch v := v.(type) {
	case string:
		return t.deps.Engine.Value(ctx, where, v, sc.values)
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

// wanted evaluates a step's if, with JavaScript's idea of truth but for empty lists, which
// are false.
func (t *Tasks) wanted(ctx context.Context, s step, sc *scope) (bool, error) {
	if s.If == nil {
		return true, nil
	}
	v, err := t.render(ctx, fmt.Sprintf("steps.%s.if", s.ID), s.If, sc)
	if err != nil {
		return false, fmt.Errorf("evaluating the if condition of step %q: %w", s.ID, err)
	}
	return truthy(v), nil
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
