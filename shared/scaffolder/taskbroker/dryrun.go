package taskbroker

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// DryRun runs a template without doing anything.
func (b *Broker) DryRun(ctx context.Context, r tasks.DryRequest) (*tasks.DryRun, error) {
	t, err := readDry(r.Template)
	if err != nil {
		return nil, err
	}
	var e struct{ Spec map[string]any }
	if err := json.Unmarshal(r.Template, &e); err != nil {
		return nil, errs.Wrap(errs.Invalid, "Input template is not a template", err)
	}
	if err := checkSecrets(e.Spec, r.Secrets); err != nil {
		return nil, err
	}
	if err := checkValues(e.Spec, r.Values.Map); err != nil {
		return nil, err
	}
	actor := correlation.From(ctx).Actor
	user, err := scaffolder.UserEntity(ctx, b.deps.Catalog, actor)
	if err != nil {
		return nil, err
	}
	unnamed := *t // it is not the one that the catalog may have under its name
	unnamed.Name, unnamed.Namespace = "dry-run", "default"
	result, err := b.deps.Rehearser.Rehearse(ctx, rehearsal.Request{
		Template: &unnamed, Source: actions.Source{Beside: beside(r.Files)}, Values: r.Values, User: user, Secrets: slices.Sorted(maps.Keys(r.Secrets)),
		Operation: operations.Ref{ID: b.deps.IDs.New(), Actor: actor},
	})
	if err != nil {
		return nil, err
	}
	if err := result.Err(); err != nil {
		return nil, err
	}
	return dryRun(t, result)
}

// beside gives the files that were sent along with a template. An editor sends a folder as
// it is; what Git itself keeps there is none of the template's.
func beside(sent []tasks.DryFile) []workspace.File {
	list := make([]workspace.File, 0, len(sent))
	for _, f := range sent {
		name := path.Clean(f.Path)
		if !slices.Contains(strings.Split(name, "/"), ".git") {
			list = append(list, workspace.File{Path: name, Content: f.Content})
		}
	}
	return list
}

// readDry reads the template of a dry run, in Backstage's words about what it is not.
func readDry(raw json.RawMessage) (*template.Template, error) {
	t, fields, err := template.Read(raw, template.Config{})
	if err != nil {
		return nil, err
	}
	if len(fields) > 0 {
		return nil, errs.WithFields("Input template is not a template", fields)
	}
	for _, step := range t.Steps {
		if !step.Conditional() && !actions.Known(step.Action) {
			return nil, errs.New(errs.NotFound, fmt.Sprintf("Template action with ID '%s' is not registered. "+
				"See https://backstage.io/docs/features/software-templates/builtin-actions/ on how to add a new action module.", errs.Clip(step.Action)))
		}
	}
	return t, nil
}

// byDepth orders files as Backstage lists them: those of a folder before those of folders
// in it.
func byDepth(a, b workspace.File) int {
	first, second := strings.Split(a.Path, "/"), strings.Split(b.Path, "/")
	return cmp.Or(cmp.Compare(len(first), len(second)), slices.Compare(first, second))
}

func dryRun(t *template.Template, result *rehearsal.Result) (*tasks.DryRun, error) {
	out := &tasks.DryRun{Log: []tasks.DryLine{}, Files: []tasks.DryFile{}, Output: result.Output, Steps: shownSteps(t.Steps)}
	for _, l := range result.Log {
		if l.Type != operations.LineLog {
			continue
		}
		e, err := tasks.EventOf("", l)
		if err != nil {
			return nil, err
		}
		out.Log = append(out.Log, tasks.DryLine{Body: e.Body})
	}
	slices.SortFunc(result.Files, byDepth)
	for _, f := range result.Files {
		out.Files = append(out.Files, tasks.DryFile{Path: f.Path, Executable: f.Executable, Content: f.Content})
	}
	return out, nil
}
