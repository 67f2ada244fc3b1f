package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/wire/demo"
)

// skeletonFiles is how many files the large skeleton has.
const skeletonFiles = 500

// The templates that are measured.
const (
	largeTemplate   = "bench-large"
	trivialTemplate = "bench-trivial"
)

const largeSteps = `    - {id: fetch, action: fetch:template, input: {url: ./skeleton, values: {name: "${{ parameters.name }}", list: [a, b, c, 1]}}}
    - {id: publish, action: publish:gitlab, input: {repoUrl: "HOST?owner=apps&repo=${{ parameters.name }}"}}
`

const trivialSteps = `    - {id: one, action: debug:log, input: {message: "Hello ${{ parameters.name }}"}}
    - {id: two, action: debug:log, input: {message: "Again ${{ parameters.name }}"}}
`

// source is a file of about a kilobyte with a handful of expressions, as skeletons have them.
func source() string {
	return strings.Repeat("name: ${{ values.name | lower }}\n", 6) +
		"{% for i in values.list %}- ${{ loop.index }}: ${{ i | dump }}\n{% endfor %}" + strings.Repeat("text ", 150)
}

func template(name, steps string) []byte {
	return []byte("apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: " + name + "}\nspec:\n" +
		"  type: service\n  owner: group:default/platform\n  parameters: {properties: {name: {type: string}}}\n  steps:\n" + steps)
}

// seed writes the templates and registers them.
func (w *world) seed(ctx context.Context) error {
	progress("seeding %d files", skeletonFiles)
	if _, err := demo.Seed(ctx, demo.Into{GitLabURL: w.gitlabURL, Groups: w.system, SCM: w.system.SCM, Locations: w.system.Catalog}); err != nil {
		return fmt.Errorf("seeding: %w", err)
	}
	p, err := w.system.SCM.CreateProject(ctx, scm.NewProject{Namespace: demo.PlatformGroup, Slug: "bench", DefaultBranch: "main", Visibility: "internal"})
	if err != nil {
		return err
	}
	large := strings.ReplaceAll(largeSteps, "HOST", strings.TrimPrefix(w.gitlabURL, "http://"))
	n := scm.NewCommit{Branch: "main", Message: "Templates to measure [skip ci]", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: largeTemplate + "/template.yaml", Content: template(largeTemplate, large)},
		{Action: scm.CreateFile, Path: trivialTemplate + "/template.yaml", Content: template(trivialTemplate, trivialSteps)},
	}}
	for i := range skeletonFiles {
		n.Changes = append(n.Changes, scm.Change{
			Action: scm.CreateFile, Content: fmt.Appendf(nil, "# %d\n%s", i, source()),
			Path: fmt.Sprintf("%s/skeleton/src/d%02d/file-%03d.txt", largeTemplate, i%25, i),
		})
	}
	if _, err := w.system.SCM.Commit(ctx, p.ID, n); err != nil {
		return err
	}
	for _, name := range []string{largeTemplate, trivialTemplate} {
		made, err := w.system.Catalog.RegisterLocation(ctx, auth.GuestRef, w.gitlabURL+"/platform/bench/-/blob/main/"+name+"/template.yaml")
		if err != nil || len(made.Problems) > 0 {
			return fmt.Errorf("registering %s: %v, %w", name, made.Problems, err)
		}
	}
	return nil
}
