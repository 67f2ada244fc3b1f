package script

import (
	"context"
	"encoding/json"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// Output renders a template's output: links and texts are those whose if, when they have
// one, is true.
func (r *Reader) Output(ctx context.Context, output keyorder.Object, sc *Scope) (map[string]any, error) {
	own, err := r.render(ctx, "output", plain(output), sc)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(own)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "the template's output can't be written as JSON", err)
	}
	var rendered map[string]any
	if err := json.Unmarshal(body, &rendered); err != nil {
		return nil, errs.Wrap(errs.Internal, "the template's output can't be read again", err)
	}
	for _, name := range []string{"links", "text"} {
		if list, ok := rendered[name].([]any); ok {
			rendered[name] = shownItems(list)
		}
	}
	return rendered, nil
}

// shownItems gives the links or texts of an output whose if, when they have one, is true.
func shownItems(list []any) []any {
	shown := []any{}
	for _, item := range list {
		fields, ok := item.(map[string]any)
		condition, has := fields["if"]
		if ok && has && !truthy(condition) {
			continue
		}
		delete(fields, "if")
		shown = append(shown, item)
	}
	return shown
}
