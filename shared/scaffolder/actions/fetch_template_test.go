package actions_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// shelf holds one skeleton for each URL; a file is the only one of its skeleton.
type shelf map[string][]workspace.File

func (s shelf) Skeleton(_ context.Context, _ actions.Source, url string) (*workspace.Files, error) {
	files, there := s[url]
	if !there {
		return nil, errs.New(errs.Invalid, "no folder "+url)
	}
	return workspace.Collect(files)
}

func (s shelf) File(_ context.Context, _ actions.Source, url string) (workspace.File, error) {
	if len(s[url]) != 1 {
		return workspace.File{}, errs.New(errs.Invalid, "no file "+url)
	}
	return s[url][0], nil
}

// over gives an action the files that it is called with: kept ones to run, a scratch copy
// to plan.
type over struct {
	actions.Action
	spaces *workspace.Store
}

func (o over) Plan(ctx context.Context, c actions.Call) (actions.Planned, error) {
	scratch := workspace.NewScratch()
	if files, err := o.spaces.Load(ctx, c.Workspace); err == nil {
		if err := scratch.Save(ctx, c.Workspace, files); err != nil {
			return actions.Planned{}, err
		}
	}
	c.Files, c.Rehearsing = scratch, true
	return o.Action.Plan(ctx, c)
}

func (o over) Run(ctx context.Context, c actions.Call) (actions.Result, error) {
	c.Files = o.spaces
	return o.Action.Run(ctx, c)
}

// onFiles gives the actions on files by id, and where they keep the files.
func onFiles(t *testing.T, skeletons shelf) (map[string]actions.Action, *workspace.Store) {
	t.Helper()
	blobs, err := dirblob.Open(dirblob.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	spaces, err := workspace.New(workspace.Config{Blobs: blobs})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := templating.New(templating.Config{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := actions.NewFiles(actions.FilesConfig{Skeletons: skeletons, Engine: engine, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]actions.Action{}
	for _, a := range list {
		byID[a.ID()] = over{a, spaces}
	}
	return byID, spaces
}

func fetcher(t *testing.T, skeletons shelf) (actions.Action, *workspace.Store) {
	t.Helper()
	list, spaces := onFiles(t, skeletons)
	return list[actions.FetchTemplateID], spaces
}

func contents(t *testing.T, spaces *workspace.Store) map[string]string {
	t.Helper()
	files, err := spaces.Load(t.Context(), "op-1")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files.All() {
		out[f.Path] = string(f.Content)
	}
	return out
}

func file(path, content string) workspace.File {
	return workspace.File{Path: path, Content: []byte(content)}
}

func TestFetchTemplateRendersAndAdds(t *testing.T) {
	t.Parallel()
	a, spaces := fetcher(t, shelf{
		"./code": {file("${{ values.name }}.go.njk", "package ${{ values.name }}"), file("raw", "${{ values.name }}")},
		"./docs": {file("README.md", "# ${{ values.name }}"), file("raw", "never")},
	})
	values := map[string]any{"name": "orders"}
	run := func(input map[string]any) {
		t.Helper()
		input["values"] = values
		if _, err := a.Plan(t.Context(), call(input)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Run(t.Context(), call(input)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // again after a crash
		run(map[string]any{"url": "./code", "templateFileExtension": true})
		run(map[string]any{"url": "./docs", "targetPath": "doc", "copyWithoutTemplating": []any{"raw"}})
		run(map[string]any{"url": "./docs", "templateFileExtension": ".njk"})
	}
	want := map[string]string{
		"orders.go": "package orders", "raw": "${{ values.name }}", "doc/README.md": "# orders", "doc/raw": "never", "README.md": "# ${{ values.name }}",
	}
	if diff := cmp.Diff(want, contents(t, spaces)); diff != "" {
		t.Error(diff)
	}
	run(map[string]any{"url": "./docs", "replace": true})
	if got := contents(t, spaces)["raw"]; got != "never" {
		t.Errorf("replaced: %q", got)
	}
}

func TestFetchTemplateRefuses(t *testing.T) {
	t.Parallel()
	a, spaces := fetcher(t, shelf{"./bad": {file("ok", "fine"), file("x", "${{ values. }}")}, "./up": {file("${{ values.p }}", "")}})
	for name, c := range map[string]struct {
		input   map[string]any
		message string
	}{
		"no url":               {map[string]any{}, "needs a url"},
		"extension number":     {map[string]any{"url": "./bad", "templateFileExtension": 7}, "templateFileExtension"},
		"extension and globs":  {map[string]any{"url": "./bad", "templateFileExtension": true, "copyWithoutTemplating": []any{"x"}}, "can't be used together"},
		"extension and compat": {map[string]any{"url": "./bad", "templateFileExtension": ".njk", "cookiecutterCompat": true}, "can't be used together"},
		"url of wrong type":    {map[string]any{"url": true}, "url must be a text, not bool"},
		"no such folder":       {map[string]any{"url": "./none"}, "no folder ./none"},
		"bad syntax":           {map[string]any{"url": "./bad"}, "x:1:"},
		"path leads out":       {map[string]any{"url": "./up", "values": map[string]any{"p": "../../etc/passwd"}}, "etc/passwd"},
		"target leads out":     {map[string]any{"url": "./bad", "targetPath": "../x"}, ".."},
	} {
		if _, err := a.Plan(t.Context(), call(c.input)); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: planned with %v", name, err)
		}
		_, err := a.Run(t.Context(), call(c.input))
		if !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), c.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := spaces.Load(t.Context(), "op-1"); !errors.Is(err, errs.NotFound) {
		t.Errorf("something was kept: %v", err)
	}
	if _, err := actions.NewFiles(actions.FilesConfig{}); err == nil {
		t.Error("made of nothing")
	}
}
