package script

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// Output renders a template's output: links and texts are those whose if, when they have
// one, is true.
func (r *Reader) Output(ctx context.Context, output keyorder.Object, sc *Scope) (rendered keyorder.Object, err error) {
	own, err := r.render(ctx, "output", plain(output), sc)
	if err != nil {
		return rendered, err
	}
	members, _ := own.(templating.Object)
	if len(members) == 0 {
		return rendered, nil
	}
	for i, m := range members {
		if list, ok := m.Value.([]any); ok && (m.Name == "links" || m.Name == "text") {
			members[i].Value = shownItems(list)
		}
	}
	body, err := json.Marshal(members)
	if err == nil {
		err = json.Unmarshal(body, &rendered)
	}
	if err != nil {
		return rendered, errs.Wrap(errs.Internal, "the template's output has no JSON form", err)
	}
	return rendered, nil
}

// shownItems gives the links or texts of an output whose if, when they have one, is true.
func shownItems(list []any) []any {
	shown := []any{}
	for _, item := range list {
		if fields, ok := item.(templating.Object); ok {
			i := slices.IndexFunc(fields, func(m templating.Member) bool { return m.Name == "if" })
			if i >= 0 && !truthy(fields[i].Value) {
				continue
			}
			item = slices.DeleteFunc(fields, func(m templating.Member) bool { return m.Name == "if" })
		}
		shown = append(shown, item)
	}
	return shown
}
