package rest

import (
	"errors"
	"regexp"
	"sort"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pipelines"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) branchRoutes() routes {
	return routes{
		"GET /projects/{id}/repository/branches":             listBranches,
		"POST /projects/{id}/repository/branches":            createBranch,
		"GET /projects/{id}/repository/branches/{branch}":    getBranch,
		"DELETE /projects/{id}/repository/branches/{branch}": deleteBranch,
	}
}

// hashName is what would be mistaken for a commit.
var hashName = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// mayPush refuses a branch whose protection does not let the caller write to it.
func (c *call) mayPush(p state.Project, branch string) error {
	if p.Archived {
		return forbidden("")
	}
	var rule *state.Protection
	err := c.State.View(func(tx *state.Tx) (err error) {
		rule, err = pipelines.Rule(tx, p.ID, branch)
		return err
	})
	if err != nil {
		return err
	}
	if rule != nil && (rule.Push == 0 || c.who.Level(p) < rule.Push) {
		return forbidden("You are not allowed to push into this branch")
	}
	return nil
}

func (c *call) branchView(p state.Project, repo *gitstore.Repo, name string) (object, error) {
	at, err := repo.Branch(name)
	if err != nil {
		return nil, err
	}
	commit, err := repo.Commit(at)
	if err != nil {
		return nil, err
	}
	var rule *state.Protection
	err = c.State.View(func(tx *state.Tx) (err error) {
		rule, err = pipelines.Rule(tx, p.ID, name)
		return err
	})
	return object{
		"name": name, "commit": c.commitView(p, commit), "merged": false, "protected": rule != nil, "default": name == p.DefaultBranch,
		"developers_can_push": rule == nil || (rule.Push > 0 && rule.Push <= developer), "developers_can_merge": rule == nil || (rule.Merge > 0 && rule.Merge <= developer),
		"can_push": rule == nil || (rule.Push > 0 && c.who.Level(p) >= rule.Push),
		"web_url":  c.BaseURL + "/" + p.FullPath + "/-/tree/" + name,
	}, err
}

func listBranches(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	refs, err := repo.Refs()
	if err != nil {
		return err
	}
	names := []string{}
	for ref := range refs {
		name, ok := strings.CutPrefix(ref, "refs/heads/")
		if ok && matchesSearch(name, c.p.String("search")) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	views := []object{}
	for _, name := range page(c, names) {
		v, err := c.branchView(p, repo, name)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	return c.ok(views)
}

// matchesSearch knows GitLab's ^start and end$ as well as plain text.
func matchesSearch(name, search string) bool {
	start, atStart := strings.CutPrefix(search, "^")
	term, atEnd := strings.CutSuffix(start, "$")
	switch {
	case atStart && !strings.HasPrefix(name, term), atEnd && !strings.HasSuffix(name, term):
		return false
	}
	return strings.Contains(strings.ToLower(name), strings.ToLower(term))
}

func getBranch(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	v, err := c.branchView(p, repo, c.r.PathValue("branch"))
	if errors.Is(err, gitstore.ErrNotFound) {
		return notFound("Branch")
	}
	if err != nil {
		return err
	}
	return c.ok(v)
}

func createBranch(c *call) error {
	p, repo, err := c.repository(developer)
	if err != nil {
		return err
	}
	if err := c.require("branch", "ref"); err != nil {
		return err
	}
	name := c.p.String("branch")
	if err := c.mayPush(p, name); err != nil {
		return err
	}
	if !gitstore.ValidRefName(name) {
		return badRequest("Branch name is invalid")
	}
	if hashName.MatchString(name) {
		return badRequest("You cannot create a branch with a SHA-1 or SHA-256 branch name.")
	}
	from, err := repo.Resolve(c.p.String("ref"))
	if err != nil {
		return badRequest("Invalid reference name: " + c.p.String("ref"))
	}
	unlock := c.Repos.Lock(p.ID)
	err = repo.Move("refs/heads/"+name, gitstore.Zero, from)
	unlock()
	if errors.Is(err, gitstore.ErrMoved) {
		return badRequest("Branch already exists")
	}
	if err != nil {
		return err
	}
	if err := c.Pushes.Sync(c.r.Context(), p.ID); err != nil {
		return err
	}
	v, err := c.branchView(p, repo, name)
	if err != nil {
		return err
	}
	return c.created(v)
}

func deleteBranch(c *call) error {
	p, repo, err := c.repository(developer)
	if err != nil {
		return err
	}
	name := c.r.PathValue("branch")
	at, err := repo.Branch(name)
	if errors.Is(err, gitstore.ErrNotFound) {
		return notFound("Branch")
	}
	if err != nil {
		return err
	}
	if name == p.DefaultBranch {
		return badRequest("The default branch of a project cannot be deleted.")
	}
	isProtected, err := c.protected(p, name)
	if err != nil {
		return err
	}
	if isProtected && c.who.Level(p) < maintainer {
		return badRequest("You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete a protected branch.")
	}
	unlock := c.Repos.Lock(p.ID)
	err = repo.Move("refs/heads/"+name, at, gitstore.Zero)
	unlock()
	if errors.Is(err, gitstore.ErrMoved) {
		return badRequest("Could not remove branch")
	}
	if err != nil {
		return err
	}
	if err := c.Pushes.Sync(c.r.Context(), p.ID); err != nil {
		return err
	}
	return c.noContent()
}

func (c *call) protected(p state.Project, branch string) (is bool, err error) {
	err = c.State.View(func(tx *state.Tx) error {
		is, err = pipelines.Protected(tx, p, branch)
		return err
	})
	return is, err
}
