package effects_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

// repository makes a project that holds every kind of file.
func (b *bench) repository(t *testing.T) (scm.Project, scm.Commit) {
	t.Helper()
	p, err := b.Client.CreateProject(t.Context(), scm.NewProject{Namespace: "apps", Slug: "shop", DefaultBranch: "main", Visibility: "private"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "First", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: "src/a", Content: []byte("a")},
		{Action: scm.CreateFile, Path: "src/deep/b", Content: []byte("b")},
		{Action: scm.CreateFile, Path: "src/run", Content: []byte("run"), Executable: true},
		{Action: scm.CreateFile, Path: "src/link", Link: "a"},
		{Action: scm.CreateFile, Path: "top", Content: nil},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

func TestCompare(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, c := b.repository(t)
	run := workspace.File{Path: "src/run", Content: []byte("run")}
	for name, s := range map[string]struct {
		way     string
		files   []workspace.File
		want    []string
		kind    errs.Kind
		message string
	}{
		"the same":            {"auto", []workspace.File{text("src/a", "a"), text("src/deep/b", "b"), text("top", ""), {Path: "src/link", Link: "a"}}, nil, "", ""},
		"new, changed, same":  {"auto", []workspace.File{text("src/z", "z"), text("src/a", "A"), text("src/deep/b", "b")}, []string{"update src/a", "create src/z"}, "", ""},
		"in no folder yet":    {"auto", []workspace.File{text("new/x", "x"), text("new/y", "y")}, []string{"create new/x", "create new/y"}, "", ""},
		"becomes executable":  {"auto", []workspace.File{{Path: "src/a", Content: []byte("a"), Executable: true}}, []string{"update src/a x"}, "", ""},
		"stays executable":    {"auto", []workspace.File{run}, nil, "", ""},
		"a changed link":      {"auto", []workspace.File{{Path: "src/link", Link: "deep/b"}}, []string{"update src/link"}, "", ""},
		"a new link":          {"auto", []workspace.File{{Path: "src/new", Link: "a"}}, []string{"create src/new"}, "", ""},
		"a link becomes file": {"auto", []workspace.File{text("src/link", "a")}, []string{"update src/link"}, "", ""},
		"create":              {"create", []workspace.File{text("src/new", "a")}, []string{"create src/new"}, "", ""},
		"create what is":      {"create", []workspace.File{text("src/a", "a")}, nil, errs.Conflict, "src/a exists already"},
		"update":              {"update", []workspace.File{text("src/a", "A"), text("src/deep/b", "b")}, []string{"update src/a"}, "", ""},
		"update what is not":  {"update", []workspace.File{text("src/new", "a")}, nil, errs.Conflict, "src/new does not exist"},
		"delete":              {"delete", []workspace.File{text("src/a", "whatever"), {Path: "src/link", Link: "x"}}, []string{"delete src/a", "delete src/link"}, "", ""},
		"delete what is not":  {"delete", []workspace.File{text("src/new", "a")}, nil, errs.Conflict, "src/new does not exist"},
		"skip":                {"skip", []workspace.File{text("src/new", "a")}, nil, "", ""},
		"no file":             {"auto", nil, nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := workspace.Collect(s.files)
			if err != nil {
				t.Fatal(err)
			}
			compared, err := effects.Compare(t.Context(), b.Client, p.ID, c.ID, files, s.way)
			if s.kind != "" {
				if !errors.Is(err, s.kind) || !strings.Contains(errs.Message(err), s.message) {
					t.Errorf("%v", err)
				}
				return
			}
			if diff := cmp.Diff(s.want, shown(compared.Changes)); err != nil || diff != "" {
				t.Errorf("%v, %s", err, diff)
			}
		})
	}
}

func shown(changes []scm.Change) []string {
	var out []string
	for _, ch := range changes {
		line := string(ch.Action) + " " + ch.Path
		if ch.Executable {
			line += " x"
		}
		out = append(out, line)
	}
	return out
}

func TestAProposalHoldsWhatDiffers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, first := b.repository(t)
	op := b.begin(t, nil)
	b.fill(t, op.ID, text("part/a", "A"), text("part/deep/b", "b"), workspace.File{Path: "part/new.sh", Content: []byte("#!/bin/sh\n"), Executable: true}, text("not-meant", "x"))
	all, err := b.spaces.Load(t.Context(), op.ID)
	if err != nil {
		t.Fatal(err)
	}
	files, err := effects.Placed(all, "part", "src")
	if err != nil {
		t.Fatal(err)
	}
	e, err := effects.NewBranch("m/branch", effects.BranchParams{
		Project: p.Path, Branch: "feature", Target: "main", Title: "Change it", From: "part", To: "src", Way: effects.AutoFiles, Files: files.Digest(), Base: b.base(t, p, files),
	})
	made := read[effects.BranchResult](t, b.make(t, op, must(t, e, err))[0])
	head, err := b.Client.Head(t.Context(), p.ID, "feature")
	if err != nil || head.ID != made.Commit || len(head.Parents) != 1 || head.Parents[0] != first.ID {
		t.Errorf("%+v, %v", head, err)
	}
	if want := "Change it\n\nSlipway-Operation: " + op.ID + "\nSlipway-Effect: m/branch"; strings.TrimSpace(head.Message) != want {
		t.Errorf("message %q", head.Message)
	}
	tree, err := b.Client.Tree(t.Context(), p.ID, "src", "feature")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range tree {
		line := entry.Path
		if entry.Executable {
			line += " x"
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"src/a", "src/deep/b", "src/link", "src/new.sh x", "src/run x"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestProjectsThatCantBeChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.fresh(t, "orders")
	op := b.begin(t, given())
	var list []operations.Effect
	for _, s := range scenarios() {
		if s.name != "group" && s.name != "access" {
			list = append(list, s.effects(t, b, op, p)...)
		}
	}
	b.Admin.MarkForDeletion(t, p.ID)
	for _, e := range list {
		b.refused(t, op, e, errs.NotFound, "")
	}
	if o := b.undo(t, op); o.Status != operations.Failed {
		t.Errorf("it ended as %s: %s", o.Status, left(o))
	}
}
