package rest

import (
	"errors"
	"net/http"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pipelines"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// mergeRequest merges with a merge commit.
func mergeRequest(c *call) error {
	p, repo, m, err := c.request(developer)
	if err != nil {
		return err
	}
	if err := c.mayMerge(p, m); err != nil {
		return err
	}
	if want := c.p.String("sha"); want != "" && want != m.SHA {
		return message(http.StatusConflict, "SHA does not match HEAD of source branch: "+m.SHA)
	}
	unlock := c.Repos.Lock(p.ID)
	id, err := c.mergeLocked(repo, m)
	unlock()
	if err != nil {
		return err
	}
	err = c.State.Update(func(tx *state.Tx) error {
		if m, err = state.Requests.Get(tx, state.ID(p.ID, m.IID)); err != nil {
			return err
		}
		now := c.Clock.Now()
		m.State, m.MergeCommit, m.MergedAt, m.UpdatedAt = "merged", id, &now, now
		return errors.Join(state.Requests.Put(tx, state.ID(p.ID, m.IID), m), c.requestHook(tx, p, m, "merge"))
	})
	if err != nil {
		return err
	}
	if err := c.afterMerge(p, repo, m); err != nil {
		return err
	}
	return c.showRequest(http.StatusOK, p, repo, m)
}

func (c *call) mayMerge(p state.Project, m state.MergeRequest) error {
	if m.State != "opened" {
		return message(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	}
	var rule *state.Protection
	err := c.State.View(func(tx *state.Tx) (err error) {
		rule, err = pipelines.Rule(tx, p.ID, m.Target)
		return err
	})
	if err != nil {
		return err
	}
	if p.Archived || (rule != nil && (rule.Merge == 0 || c.who.Level(p) < rule.Merge)) {
		return unauthorized() // GitLab's word for a merge that is not allowed
	}
	if required, _ := p.Settings["only_allow_merge_if_pipeline_succeeds"].(bool); required {
		last, err := c.Pipelines.Latest(p.ID, m.SHA)
		if err != nil {
			return err
		}
		if last == nil || last.Status != "success" {
			return message(http.StatusMethodNotAllowed, "405 Method Not Allowed")
		}
	}
	return nil
}

func (c *call) mergeLocked(repo *gitstore.Repo, m state.MergeRequest) (string, error) {
	detail, err := c.mergeable(repo, m)
	if err != nil {
		return "", err
	}
	if detail != "mergeable" {
		return "", message(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	}
	target, err := repo.Branch(m.Target)
	if err != nil {
		return "", err
	}
	text := c.p.String("merge_commit_message")
	if text == "" {
		text = "Merge branch '" + m.Source + "' into '" + m.Target + "'\n\n" + m.Title + "\n"
	}
	id, _, err := repo.Merge(target, m.SHA, text, c.author("", ""))
	if err != nil {
		return "", err
	}
	err = repo.Move("refs/heads/"+m.Target, target, id)
	if errors.Is(err, gitstore.ErrMoved) {
		return "", message(http.StatusConflict, "Branch cannot be merged")
	}
	return id, err
}

// afterMerge removes the source branch if asked to, and tells of the moved branches.
func (c *call) afterMerge(p state.Project, repo *gitstore.Repo, m state.MergeRequest) error {
	if c.p.Bool("should_remove_source_branch", m.RemoveSource) && m.Source != p.DefaultBranch {
		unlock := c.Repos.Lock(p.ID)
		err := repo.Move("refs/heads/"+m.Source, m.SHA, gitstore.Zero)
		unlock()
		if err != nil && !errors.Is(err, gitstore.ErrMoved) {
			return err
		}
	}
	return c.Pushes.Sync(c.r.Context(), p.ID)
}

// requestRange gives the commits that a request brings: from the common ancestor to its
// head.
func (c *call) requestRange() (p state.Project, repo *gitstore.Repo, base, head string, err error) {
	p, repo, m, err := c.request(reporter)
	if err != nil {
		return p, repo, "", "", err
	}
	target, err := repo.Branch(m.Target)
	if err != nil {
		return p, repo, "", "", err
	}
	base, err = repo.Base(target, m.SHA)
	if errors.Is(err, gitstore.ErrNotFound) {
		base, err = gitstore.Zero, nil
	}
	return p, repo, base, m.SHA, err
}

func requestCommits(c *call) error {
	p, repo, base, head, err := c.requestRange()
	if err != nil {
		return err
	}
	list, err := repo.Log(gitstore.LogQuery{From: head, Not: base, Limit: maxCompared})
	if err != nil {
		return err
	}
	views := []object{}
	for _, commit := range page(c, list) {
		views = append(views, c.commitView(p, commit))
	}
	return c.ok(views)
}

func requestDiffs(c *call) error {
	_, repo, base, head, err := c.requestRange()
	if err != nil {
		return err
	}
	list, err := repo.Diff(base, head)
	if err != nil {
		return err
	}
	return c.ok(page(c, diffViews(list)))
}
