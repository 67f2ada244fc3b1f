package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func branchesPath(project int64) string { return projectPath(project) + "/repository/branches" }

// checkBranch refuses what git lets nobody call a branch and what would not arrive as one
// segment of a path.
func checkBranch(doing, name string) error {
	if name == "" || strings.Contains(name, "..") || strings.Contains(name, "//") || strings.ContainsAny(name, "\x00\\ ~^:?*[") {
		return errs.New(errs.Invalid, doing+": that is no name of a branch")
	}
	return nil
}

// CreateBranch implements scm.Branches.
func (c *Client) CreateBranch(ctx context.Context, project int64, name, commit string) error {
	doing := fmt.Sprintf("creating the branch %s of project %d", safeText(name), project)
	if err := checkBranch(doing, name); err != nil {
		return err
	}
	if commit == "" {
		return errs.New(errs.Invalid, doing+": a commit is needed")
	}
	var b branch
	return c.sendFor(ctx, call{
		doing: doing, method: http.MethodPost, path: branchesPath(project), body: &api.CreateBranchOptions{Branch: &name, Ref: &commit},
	}, &b)
}

// DeleteBranch implements scm.Branches. It asks first, for whoever may manage a project may
// delete its protected branches, too, as far as GitLab is concerned.
func (c *Client) DeleteBranch(ctx context.Context, project int64, name string) error {
	k := call{
		doing: fmt.Sprintf("deleting the branch %s of project %d", safeText(name), project), method: http.MethodGet,
		path: branchesPath(project) + "/" + escape(name),
	}
	if err := checkBranch(k.doing, name); err != nil {
		return err
	}
	var b branch
	if err := c.sendFor(ctx, k, &b); err != nil {
		return orGone(err)
	}
	if b.Protected || b.Default {
		return errs.New(errs.Forbidden, k.doing+": it is protected, or the default branch")
	}
	k.method = http.MethodDelete
	_, err := c.send(ctx, k, nil)
	return orGone(err)
}

func protectionsPath(project int64) string { return projectPath(project) + "/protected_branches" }

// ProtectBranch implements scm.Protections.
func (c *Client) ProtectBranch(ctx context.Context, project int64, name string) error {
	doing := fmt.Sprintf("protecting the branch %s of project %d", safeText(name), project)
	if name == "" {
		return errs.New(errs.Invalid, doing+": a name is needed")
	}
	_, err := c.send(ctx, call{
		doing: doing, method: http.MethodPost, path: protectionsPath(project), body: &api.ProtectRepositoryBranchesOptions{Name: &name},
	}, nil)
	if errors.Is(err, errs.Conflict) {
		return nil
	}
	return err
}

// ProtectedBranches implements scm.Protections.
func (c *Client) ProtectedBranches(ctx context.Context, project int64) ([]string, error) {
	entries, err := list[struct{ Name string }](ctx, c, call{
		doing: fmt.Sprintf("listing the protected branches of project %d", project), method: http.MethodGet,
		path: protectionsPath(project), query: page(url.Values{}, pageSize),
	}, 0)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name
	}
	return names, err
}

// SearchBranches implements scm.Branches. GitLab reads ^, $ and * in a search as patterns,
// so such a text is looked for here alone.
func (c *Client) SearchBranches(ctx context.Context, project int64, text string, limit int) ([]string, error) {
	doing := fmt.Sprintf("searching the branches of project %d", project)
	if limit <= 0 {
		return nil, errs.New(errs.Invalid, doing+": a limit is needed")
	}
	query := page(url.Values{}, pageSize)
	if text != "" && !strings.ContainsAny(text, "^$*") {
		query.Set("search", text)
	}
	var found []string
	err := pages(ctx, c, call{doing: doing, method: http.MethodGet, path: branchesPath(project), query: query}, func(entries []api.Branch) bool {
		for _, b := range entries {
			if len(found) < limit && holds(text, b.Name) {
				found = append(found, b.Name)
			}
		}
		return len(found) == limit
	})
	return found, err
}
