package effects_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

func text(path, content string) workspace.File {
	return workspace.File{Path: path, Content: []byte(content)}
}

const ci = "job:\n  script: [\"true\"]\n"

// TestTheLifeOfEachEffect makes all effects in order. Before: not there. After: found with
// the very result, by its maker only, and not to be made again. Undone backwards, twice.
func TestTheLifeOfEachEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, "op-1", text("catalog-info.yaml", descriptor), text(".gitlab-ci.yml", ci), workspace.File{Path: "run.sh", Content: []byte("#!/bin/sh\n"), Executable: true})
	w.fill(t, "op-2", text("other", "other"))
	list := w.chain(t, "op-1")
	results := make([]json.RawMessage, len(list))
	for i, e := range list {
		p := w.performers[e.Kind]
		if _, err := p.Find(t.Context(), op("op-1"), e); !errors.Is(err, errs.NotFound) {
			t.Errorf("%s before it was made: %v", e.Kind, err)
		}
		results[i] = w.do(t, op("op-1"), e)
		found, err := p.Find(t.Context(), op("op-1"), e)
		if err != nil {
			t.Fatalf("%s is not found: %v", e.Kind, err)
		}
		if diff := cmp.Diff(string(results[i]), string(found)); diff != "" {
			t.Errorf("%s: %s", e.Kind, diff)
		}
		if _, err := p.Find(t.Context(), op("op-2"), e); !errors.Is(err, errs.Conflict) {
			t.Errorf("%s is found by somebody else: %v", e.Kind, err)
		}
		if _, err := p.Do(t.Context(), op("op-2"), e); !errors.Is(err, errs.Conflict) {
			t.Errorf("%s is made by somebody else as well: %v", e.Kind, err)
		}
	}
	w.checkRepository(t, read[effects.ProjectResult](t, results[0]))
	for range 2 {
		for i := len(list) - 1; i >= 0; i-- {
			if err := w.performers[list[i].Kind].Undo(t.Context(), op("op-1"), list[i], results[i]); err != nil {
				t.Errorf("undoing %s: %v", list[i].Kind, err)
			}
		}
	}
	for _, e := range list {
		if _, err := w.performers[e.Kind].Find(t.Context(), op("op-1"), e); !errors.Is(err, errs.NotFound) {
			t.Errorf("%s is left: %v", e.Kind, err)
		}
	}
	if _, err := w.catalog.Entity(t.Context(), "component:default/orders"); !errors.Is(err, errs.NotFound) {
		t.Errorf("the entity is left: %v", err)
	}
}

func (w *world) checkRepository(t *testing.T, made effects.ProjectResult) {
	t.Helper()
	p, err := w.Client.ProjectByID(t.Context(), made.ID)
	if err != nil || p.Path != "apps/orders" || p.Description != "Takes orders" || p.DefaultBranch != "main" {
		t.Errorf("%+v, %v", p, err)
	}
	commits, err := w.Client.Commits(t.Context(), made.ID, "main", 10)
	if err != nil || len(commits) != 1 {
		t.Fatalf("%d commits, %v", len(commits), err)
	}
	if got := commits[0].Message; got != "Create orders [skip ci]\n\nSlipway-Operation: op-1\n" && got != "Create orders [skip ci]\n\nSlipway-Operation: op-1" {
		t.Errorf("message %q", got)
	}
	tree, err := w.Client.Tree(t.Context(), made.ID, "", "main")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range tree {
		name := e.Path
		if e.Executable {
			name += " x"
		}
		files = append(files, name)
	}
	if diff := cmp.Diff([]string{".gitlab-ci.yml", "catalog-info.yaml", "run.sh x"}, files); diff != "" {
		t.Error(diff)
	}
	pipelines, err := w.Client.PipelinesOf(t.Context(), made.ID, "main", 10)
	if err != nil || len(pipelines) != 1 {
		t.Errorf("%d pipelines, %v", len(pipelines), err)
	}
}

func TestALostAnswerIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, "op-1", text("catalog-info.yaml", descriptor), text(".gitlab-ci.yml", ci))
	list := w.chain(t, "op-1")
	places := map[string]string{effects.ProjectKind: "/projects", effects.CommitKind: "/commits", effects.HookKind: "/hooks", effects.PipelineKind: "/pipeline"}
	for _, e := range list[:4] {
		w.Faults.Set(faults.Once(faults.On("POST", places[e.Kind]), faults.AnswerLost()))
		if _, err := w.performers[e.Kind].Do(t.Context(), op("op-1"), e); !errors.Is(err, errs.Unavailable) {
			t.Fatalf("%s with its answer lost: %v", e.Kind, err)
		}
		if _, err := w.performers[e.Kind].Find(t.Context(), op("op-1"), e); err != nil {
			t.Errorf("%s is not found again: %v", e.Kind, err)
		}
	}
}

func TestAProjectThatIsRenamedMeanwhileIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, "op-1", text("catalog-info.yaml", descriptor))
	list := w.chain(t, "op-1")
	made := read[effects.ProjectResult](t, w.do(t, op("op-1"), list[0]))
	w.Admin.Rename(t, made.ID, "renamed")
	raw, err := w.performers[effects.ProjectKind].Find(t.Context(), op("op-1"), list[0])
	if err != nil || read[effects.ProjectResult](t, raw).ID != made.ID {
		t.Errorf("its own: %s, %v", raw, err)
	}
	w.do(t, op("op-1"), list[1])
	if _, err := w.performers[effects.ProjectKind].Find(t.Context(), op("op-2"), list[0]); !errors.Is(err, errs.NotFound) {
		t.Errorf("another operation's: %v", err)
	}
}

func TestSomebodysWorkIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, "op-1", text("a", "a"))
	list := w.chain(t, "op-1")
	raw := w.do(t, op("op-1"), list[0])
	w.do(t, op("op-1"), list[1])
	p := scm.Project{ID: read[effects.ProjectResult](t, raw).ID}
	w.Push(t, p, scm.CreateFile, map[string]string{"theirs": "work"})
	err := w.performers[effects.ProjectKind].Undo(t.Context(), op("op-1"), list[0], raw)
	if !errors.Is(err, errs.Conflict) || !strings.Contains(errs.Message(err), "somebody else has committed") {
		t.Errorf("undone: %v", err)
	}
	if err := w.performers[effects.ProjectKind].Undo(t.Context(), op("op-2"), list[0], raw); !errors.Is(err, errs.Conflict) {
		t.Errorf("undone for somebody else: %v", err)
	}
	if _, err := w.Client.ProjectByID(t.Context(), p.ID); err != nil {
		t.Errorf("the project: %v", err)
	}
}

func TestACommitIsRefusedWithoutFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := w.chain(t, "op-1")
	w.do(t, op("op-1"), list[0])
	for name, c := range map[string]struct {
		files   []workspace.File
		message string
	}{
		"no workspace": {nil, "no step before made any file"},
		"no file":      {[]workspace.File{}, "left no file"},
	} {
		if c.files != nil {
			w.fill(t, "op-1", c.files...)
		}
		if _, err := w.performers[effects.CommitKind].Do(t.Context(), op("op-1"), w.chain(t, "op-1")[1]); !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), c.message) {
			t.Errorf("%s: %v", name, err)
		}
		if err := w.spaces.Delete(t.Context(), "op-1"); err != nil {
			t.Fatal(err)
		}
	}
	w.fill(t, "op-1", text("a", "other than planned"))
	if _, err := w.performers[effects.CommitKind].Do(t.Context(), op("op-1"), list[1]); !errors.Is(err, errs.Conflict) {
		t.Errorf("files that were not planned: %v", err)
	}
}

func TestACommitKeepsLinksAndModes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, "op-1", text("docs/a", "a"), workspace.File{Path: "b", Link: "docs/a"}, workspace.File{Path: "run", Content: []byte("#!"), Executable: true})
	list := w.chain(t, "op-1")
	made := read[effects.ProjectResult](t, w.do(t, op("op-1"), list[0]))
	want := w.do(t, op("op-1"), list[1])
	tree, err := w.Client.Tree(t.Context(), made.ID, "", "main")
	if err != nil || len(tree) != 3 || !tree[0].Symlink || tree[1].Executable || tree[1].Symlink || !tree[2].Executable {
		t.Errorf("there are %+v, %v", tree, err)
	}
	if found, err := w.performers[effects.CommitKind].Find(t.Context(), op("op-1"), list[1]); err != nil || string(found) != string(want) {
		t.Errorf("found %s, %v; want %s", found, err, want)
	}
}

func TestALocationMustBringAnEntity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Project(t, "apps/orders", map[string]string{"catalog-info.yaml": "just: text\n", "README.md": "x"})
	e := w.chain(t, "op-1")[4]
	p := w.performers[effects.LocationKind]
	if _, err := p.Do(t.Context(), op("op-1"), e); !errors.Is(err, errs.Invalid) {
		t.Errorf("a file without an entity: %v", err)
	}
	missing, err := effects.NewLocation("x", effects.LocationParams{Target: w.URL + "/apps/orders/-/blob/main/none.yaml"})
	if _, err := p.Do(t.Context(), op("op-1"), must(t, missing, err)); !errors.Is(err, errs.NotFound) {
		t.Errorf("no file: %v", err)
	}
	for _, e := range []operations.Effect{e, missing} {
		if err := p.Undo(t.Context(), op("op-1"), e, nil); err != nil {
			t.Errorf("undoing what never was: %v", err)
		}
	}
	if left, err := w.catalog.Locations(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestAHookNeedsASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := w.chain(t, "op-1")
	w.do(t, op("op-1"), list[0])
	for name, c := range map[string]struct {
		secrets effects.HookSecrets
		err     error
		kind    errs.Kind
	}{
		"no secret":   {kind: errs.Internal},
		"unreachable": {err: errs.New(errs.Unavailable, "no secrets now"), kind: errs.Unavailable},
	} {
		hook := effects.Hook{Projects: w.Client, Hooks: w.Client, URL: hookURL, Secrets: func(context.Context) (effects.HookSecrets, error) { return c.secrets, c.err }}
		if _, err := hook.Do(t.Context(), op("op-1"), list[2]); errs.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if strings.Contains(string(list[2].Params), "token") {
		t.Errorf("the ledger would hold %s", list[2].Params)
	}
}

func TestADamagedLedgerIsOurFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for kind, p := range w.performers {
		bad := operations.Effect{Kind: kind, Params: json.RawMessage(`[`)}
		if _, err := p.Find(t.Context(), op("op-1"), bad); errs.KindOf(err) != errs.Internal {
			t.Errorf("%s: find: %v", kind, err)
		}
		if _, err := p.Do(t.Context(), op("op-1"), bad); errs.KindOf(err) != errs.Internal {
			t.Errorf("%s: do: %v", kind, err)
		}
		if err := p.Undo(t.Context(), op("op-1"), bad, json.RawMessage(`[`)); kind != effects.CommitKind && errs.KindOf(err) != errs.Internal {
			t.Errorf("%s: undo: %v", kind, err)
		}
	}
}

func TestWithoutGitLabNothingIsBelievedGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, "op-1", text("catalog-info.yaml", descriptor), text(".gitlab-ci.yml", ci))
	list := w.chain(t, "op-1")
	results := make([]json.RawMessage, len(list))
	for i, e := range list {
		results[i] = w.do(t, op("op-1"), e)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // a call that is given up answers like a GitLab that can't be reached
	for i, e := range list[:4] {
		if _, err := w.performers[e.Kind].Find(ctx, op("op-1"), e); err == nil || errors.Is(err, errs.NotFound) || errors.Is(err, errs.Conflict) {
			t.Errorf("%s: find: %v", e.Kind, err)
		}
		if err := w.performers[e.Kind].Undo(ctx, op("op-1"), e, results[i]); e.Kind != effects.CommitKind && (err == nil || errors.Is(err, errs.Conflict)) {
			t.Errorf("%s: undo: %v", e.Kind, err)
		}
	}
}
