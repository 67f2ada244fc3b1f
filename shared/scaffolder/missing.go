package scaffolder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// refuseMissing refuses effects on what is not there and what the plan does not make: better
// before anything is made than after.
func (p *Planner) refuseMissing(ctx context.Context, list []operations.Effect, changes []operations.FileChange) error {
	if err := p.refuseMissingNamespaces(ctx, list); err != nil {
		return err
	}
	if err := p.refuseMissingProjects(ctx, list); err != nil {
		return err
	}
	if err := refuseEmptyCommits(list, changes); err != nil {
		return err
	}
	return refuseMissingFiles(list, changes)
}

// made gives the targets that a plan makes of a kind, in small letters: paths of GitLab
// differ in more than case.
func made(list []operations.Effect, kind string) map[string]bool {
	known := map[string]bool{}
	for _, e := range list {
		if e.Kind == kind {
			known[strings.ToLower(e.Target)] = true
		}
	}
	return known
}

// atStep tells a fault of an effect with the step that states it.
func atStep(e operations.Effect, message string, cause error) error {
	step, _, _ := strings.Cut(e.ID, "/")
	return errs.Wrap(errs.Invalid, fmt.Sprintf("step %q: %s", step, message), cause)
}

func (p *Planner) refuseMissingNamespaces(ctx context.Context, list []operations.Effect) error {
	known := made(list, effects.GroupKind)
	for _, e := range list {
		if e.Kind != effects.ProjectKind || operations.HoldsUnknown(e.Target) {
			continue
		}
		name := path.Dir(e.Target)
		if known[strings.ToLower(name)] {
			continue
		}
		known[strings.ToLower(name)] = true
		err := p.deps.Namespaces.Namespace(ctx, name)
		if errors.Is(err, errs.Invalid) {
			return atStep(e, errs.Message(err)+", and no step makes it", err)
		}
		if err != nil {
			return fmt.Errorf("looking whether %s is there: %w", name, err)
		}
	}
	return nil
}

func (p *Planner) refuseMissingProjects(ctx context.Context, list []operations.Effect) error {
	known := made(list, effects.ProjectKind)
	for _, e := range list {
		name := projectOf(e)
		if name == "" || known[strings.ToLower(name)] {
			continue
		}
		known[strings.ToLower(name)] = true
		_, err := effects.AnyProject(ctx, p.deps.Projects, name)
		if errors.Is(err, errs.NotFound) {
			return atStep(e, fmt.Sprintf("GitLab has no project %s, or not for this token, and no step makes it", name), err)
		}
		if err != nil {
			return fmt.Errorf("looking whether %s is there: %w", name, err)
		}
	}
	return nil
}

// refuseEmptyCommits refuses to publish no file at all, which would be no commit.
func refuseEmptyCommits(list []operations.Effect, changes []operations.FileChange) error {
	for _, e := range list {
		if e.Kind != effects.CommitKind || operations.HoldsUnknown(e.Target) {
			continue
		}
		there := slices.ContainsFunc(changes, func(c operations.FileChange) bool { return c.Project+"@"+c.Branch == e.Target })
		if !there {
			return atStep(e, "there is nothing to publish: the steps before left no file", nil)
		}
	}
	return nil
}

// refuseMissingFiles refuses to register files of projects that the plan makes, but without
// these files.
func refuseMissingFiles(list []operations.Effect, changes []operations.FileChange) error {
	for _, e := range list {
		if e.Kind != effects.LocationKind || operations.HoldsUnknown(e.Target) {
			continue
		}
		var params effects.LocationParams
		if err := json.Unmarshal(e.Params, &params); err != nil {
			return fmt.Errorf("reading a planned location: %w", err)
		}
		for _, project := range list {
			if project.Kind != effects.ProjectKind || params.Optional {
				continue
			}
			if file, within := fileOf(params.Target, project.Target); within && !written(changes, project.Target, file) {
				return atStep(e, fmt.Sprintf("no step writes the file %s of %s, which is to be registered", file, project.Target), nil)
			}
		}
	}
	return nil
}

// fileOf gives "branch/path" of a file's URL in a project, and whether it is one.
func fileOf(target, project string) (file string, within bool) {
	target, _, _ = strings.Cut(target, "?")
	_, rest, within := strings.Cut(target, "/"+project+"/-/")
	_, file, ok := strings.Cut(rest, "/") // behind "blob", "raw" or "tree"
	file, err := url.PathUnescape(file)
	return file, within && ok && err == nil && !strings.Contains(file, "*")
}

func written(changes []operations.FileChange, project, file string) bool {
	return slices.ContainsFunc(changes, func(c operations.FileChange) bool {
		return c.Project == project && (c.Branch+"/"+c.Path == file || operations.HoldsUnknown(c.Path))
	})
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
