// Package demo owns the starting content of a local installation: the groups, the project
// with the templates and environments that ship with Slipway, and their registration in
// the catalog. It writes like any user would, through GitLab and the catalog, and writing
// again what is there changes nothing. Which installation it writes to, the whole system in
// one process or a deployed one, is its caller's business.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/templates"
)

// The groups and the project of the starting content.
const (
	PlatformGroup = "platform"
	AppsGroup     = "apps"
	project       = "templates"
	branch        = "main"

	// Template is the template that ships with Slipway.
	Template = "template:default/serverless-api"
)

// Accounts are the AWS accounts of the environments that ship: invented ones.
func Accounts() []string { return []string{"111111111111", "222222222222", "333333333333"} }

// Groups makes sure that a group exists.
type Groups interface {
	EnsureGroup(ctx context.Context, path, visibility string) error
}

// Locations registers what the catalog reads.
type Locations interface {
	RegisterLocation(ctx context.Context, actor, target string) (catalog.Registration, error)
}

// Into is the installation that the starting content goes into.
type Into struct {
	GitLabURL string
	Groups    Groups
	SCM       scm.Client
	Locations Locations
}

// Seed writes the starting content and gives what the catalog says it read of it.
func Seed(ctx context.Context, to Into) ([]string, error) {
	for _, group := range []string{PlatformGroup, AppsGroup} {
		if err := to.Groups.EnsureGroup(ctx, group, "internal"); err != nil {
			return nil, fmt.Errorf("making group %s: %w", group, err)
		}
	}
	p, err := ensureProject(ctx, to.SCM)
	if err != nil {
		return nil, err
	}
	files, err := contents(to.GitLabURL)
	if err != nil {
		return nil, err
	}
	if err := commitMissing(ctx, to.SCM, p.ID, files); err != nil {
		return nil, err
	}
	target := strings.TrimSuffix(to.GitLabURL, "/") + "/" + p.Path + "/-/blob/" + branch + "/all.yaml"
	made, err := to.Locations.RegisterLocation(ctx, auth.GuestRef, target)
	if err != nil {
		return nil, fmt.Errorf("registering %s: %w", target, err)
	}
	for _, problem := range made.Problems {
		return nil, fmt.Errorf("the starting content is not valid: %s", problem)
	}
	return made.Entities, nil
}

func ensureProject(ctx context.Context, host scm.Client) (scm.Project, error) {
	p, err := host.Project(ctx, PlatformGroup+"/"+project)
	if !errors.Is(err, errs.NotFound) {
		return p, err
	}
	p, err = host.CreateProject(ctx, scm.NewProject{
		Namespace: PlatformGroup, Slug: project, Description: "Software templates and environments", DefaultBranch: branch, Visibility: "internal",
	})
	if err != nil {
		return p, fmt.Errorf("creating %s/%s: %w", PlatformGroup, project, err)
	}
	return p, nil
}

// contents gives the files that ship, with the GitLab's own host in them.
func contents(gitlabURL string) (map[string][]byte, error) {
	u, err := url.Parse(gitlabURL)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "the URL of the GitLab can't be read", err)
	}
	files := map[string][]byte{}
	err = fs.WalkDir(templates.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".go" {
			return err
		}
		body, err := fs.ReadFile(templates.Files, name)
		files[name] = bytes.ReplaceAll(body, []byte(templates.HostPlaceholder), []byte(u.Host))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the starting content: %w", err)
	}
	return files, nil
}

// commitMissing adds the files that are not there yet in one commit, or none. What is there
// stays as it is: once committed, the repository belongs to whoever edits it.
func commitMissing(ctx context.Context, host scm.Client, id int64, files map[string][]byte) error {
	there := map[string]bool{}
	tree, err := host.Tree(ctx, id, "", branch)
	if err != nil && !errors.Is(err, errs.NotFound) {
		return fmt.Errorf("listing the starting content: %w", err)
	}
	for _, entry := range tree {
		there[entry.Path] = true
	}
	var changes []scm.Change
	for name, body := range files {
		if !there[name] {
			changes = append(changes, scm.Change{Action: scm.CreateFile, Path: name, Content: body, Executable: path.Ext(name) == ".sh"})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	_, err = host.Commit(ctx, id, scm.NewCommit{Branch: branch, Message: "Templates and environments that ship with Slipway [skip ci]", Changes: changes})
	if err != nil {
		return fmt.Errorf("committing the starting content: %w", err)
	}
	return nil
}
