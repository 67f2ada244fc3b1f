package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// refuseMissing refuses effects within projects that are not there and that the plan does not
// make: better before anything is made than after.
func (p *Planner) refuseMissing(ctx context.Context, list []operations.Effect) error {
	known := map[string]bool{}
	for _, e := range list {
		if e.Kind == effects.ProjectKind {
			known[strings.ToLower(e.Target)] = true
		}
	}
	for _, e := range list {
		name := projectOf(e)
		if name == "" || known[strings.ToLower(name)] {
			continue
		}
		known[strings.ToLower(name)] = true
		_, err := effects.AnyProject(ctx, p.deps.Projects, name)
		if errors.Is(err, errs.NotFound) {
			step, _, _ := strings.Cut(e.ID, "/")
			return errs.Wrap(errs.Invalid, fmt.Sprintf("step %q: GitLab has no project %s, or not for this token, and no step makes it", step, name), err)
		}
		if err != nil {
			return fmt.Errorf("looking whether %s is there: %w", name, err)
		}
	}
	return nil
}

// projectOf gives the project that an effect is made in, "" when it is in none or nobody
// knows yet.
func projectOf(e operations.Effect) string {
	var params struct {
		Project string `json:"project"`
	}
	if json.Unmarshal(e.Params, &params) != nil || operations.HoldsUnknown(params.Project) {
		return ""
	}
	return params.Project
}
