package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// DryRequest asks what a template would do, that may be in no catalog yet.
type DryRequest struct {
	Template json.RawMessage // the entity
	Values   map[string]any
	Secrets  map[string]string
	Files    []workspace.File // beside the template
}

// DryRun is what a template would do.
type DryRun struct {
	Log    []DryLine       `json:"log"`
	Files  []DryFile       `json:"directoryContents"` // what the steps leave
	Output map[string]any  `json:"output"`
	Steps  []template.Step `json:"steps"`
}

// DryLine is a line of the log of a dry run.
type DryLine struct {
	Body Body `json:"body"`
}

// DryFile is a file that the steps leave.
type DryFile struct {
	Path       string `json:"path"`
	Executable bool   `json:"executable"`
	Content    []byte `json:"base64Content"`
}

// DryRun runs a template without doing anything.
func (s *Service) DryRun(ctx context.Context, r DryRequest) (*DryRun, error) {
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
	if err := checkValues(e.Spec, r.Values); err != nil {
		return nil, err
	}
	unnamed := *t // it is not the one that the catalog may have under its name
	unnamed.Name, unnamed.Namespace = "dry-run", "default"
	result, err := s.deps.Rehearser.Rehearse(ctx, rehearsal.Request{
		Template: &unnamed, Source: actions.Source{Beside: r.Files}, Values: r.Values, Secrets: slices.Sorted(maps.Keys(r.Secrets)),
		Operation: operations.Ref{ID: s.deps.IDs.New(), Actor: correlation.From(ctx).Actor},
	})
	if err != nil {
		return nil, err
	}
	if result.Failure != nil {
		return nil, fmt.Errorf("step %q: %w", result.Failed, result.Failure)
	}
	return dryRun(t, result)
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
		if !actions.Known(step.Action) {
			return nil, errs.New(errs.NotFound, fmt.Sprintf("Template action with ID '%s' is not registered. "+
				"See https://backstage.io/docs/features/software-templates/builtin-actions/ on how to add a new action module.", errs.Clip(step.Action)))
		}
	}
	return t, nil
}

// byDepth orders files as Backstage lists them: those of a folder before those of folders
// in it.
func byDepth(a, b workspace.File) int {
	return cmp.Or(cmp.Compare(strings.Count(a.Path, "/"), strings.Count(b.Path, "/")), cmp.Compare(a.Path, b.Path))
}

func dryRun(t *template.Template, result *rehearsal.Result) (*DryRun, error) {
	out := &DryRun{Log: []DryLine{}, Files: []DryFile{}, Output: result.Output, Steps: t.Steps}
	for _, l := range result.Log {
		if l.Type != operations.LineLog {
			continue
		}
		e, err := event("", l)
		if err != nil {
			return nil, err
		}
		out.Log = append(out.Log, DryLine{e.Body})
	}
	slices.SortFunc(result.Files, byDepth)
	for _, f := range result.Files {
		out.Files = append(out.Files, DryFile{Path: f.Path, Executable: f.Executable, Content: f.Content})
	}
	if out.Output == nil {
		out.Output = map[string]any{}
	}
	return out, nil
}
