package pushes

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pipelines"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

var skipCI = regexp.MustCompile(`(?i)\[(ci[ -]skip|skip[ -]ci)\]`)

// prepare reads from the repository what the transaction needs.
func (s *Service) prepare(ctx context.Context, t telling) ([]*pipelines.Prepared, []hooks.Push, error) {
	var prepared []*pipelines.Prepared
	var pushed []hooks.Push
	branches := 0
	for _, m := range t.changes {
		if _, ok := m.branch(); ok {
			branches++
		}
	}
	for _, m := range t.changes {
		if p, err := s.pipeline(ctx, t, m); err != nil {
			return nil, nil, err
		} else if p != nil {
			prepared = append(prepared, p)
		}
		n := len(t.changes) - branches
		if _, ok := m.branch(); ok {
			n = branches
		}
		if n > maxRefs {
			continue // GitLab sends nothing for such a push
		}
		push, err := s.describe(t, m)
		if err != nil {
			return nil, nil, err
		}
		pushed = append(pushed, push)
	}
	return prepared, pushed, nil
}

// pipeline compiles the push pipeline of a moved reference; nil when there is none.
func (s *Service) pipeline(ctx context.Context, t telling, m moved) (*pipelines.Prepared, error) {
	if m.deleted() || t.project.Archived {
		return nil, nil
	}
	sha, err := t.repo.Resolve(m.ref)
	if errors.Is(err, gitstore.ErrNotFound) {
		return nil, nil // a tag of something that is not a commit
	}
	if err != nil {
		return nil, err
	}
	commit, err := t.repo.Commit(sha)
	if err != nil {
		return nil, err
	}
	if skipCI.MatchString(commit.Message) {
		return nil, nil
	}
	name, isBranch := m.branch()
	if !isBranch {
		name = m.ref[len("refs/tags/"):]
	}
	p, err := s.cfg.Pipelines.Prepare(ctx, pipelines.Request{
		Project: t.project, Ref: name, Tag: !isBranch, SHA: sha, Before: m.before, Source: "push",
	})
	var refused *pipelines.Refused
	if errors.As(err, &refused) {
		return nil, nil
	}
	return p, err
}

// describe collects the commits of a push for the payload.
func (s *Service) describe(t telling, m moved) (hooks.Push, error) {
	push := hooks.Push{Project: t.project, Ref: m.ref, Before: m.before, After: m.after}
	if m.deleted() {
		return push, nil
	}
	head, err := t.repo.Resolve(m.ref)
	if errors.Is(err, gitstore.ErrNotFound) {
		return push, nil
	}
	if err != nil {
		return push, err
	}
	push.CheckoutSHA = head
	q := gitstore.LogQuery{From: head, Not: m.before, Limit: maxCounted}
	if m.before == gitstore.Zero {
		if _, isBranch := m.branch(); !isBranch {
			q.Limit = 1
		} else if def := t.refs["refs/heads/"+t.project.DefaultBranch]; def != m.after {
			q.Not = def // a new branch brings what the default branch lacks
		}
	}
	list, err := t.repo.Log(q)
	if err != nil {
		return push, err
	}
	push.Total = len(list)
	push.Commits, err = withFiles(t.repo, list[:min(len(list), maxCommits)])
	return push, err
}

func withFiles(repo *gitstore.Repo, list []gitstore.Commit) ([]hooks.Commit, error) {
	out := []hooks.Commit{}
	for _, c := range slices.Backward(list) {
		parent := gitstore.Zero
		if len(c.Parents) > 0 {
			parent = c.Parents[0]
		}
		ch, err := repo.Changed(parent, c.ID)
		if errors.Is(err, gitstore.ErrNotFound) {
			ch, err = repo.Changed(gitstore.Zero, c.ID) // pushed from a shallow clone
		}
		if err != nil {
			return nil, err
		}
		out = append(out, hooks.Commit{
			ID: c.ID, Title: c.Title(), Message: c.Message, AuthorName: c.Author.Name, AuthorEmail: c.Author.Email, When: c.Author.When,
			Added: ch.Added, Modified: ch.Modified, Removed: ch.Removed,
		})
	}
	return out, nil
}

func (s *Service) hook(tx *state.Tx, p hooks.Push, origin string) error {
	m := moved{ref: p.Ref}
	name, isBranch := m.branch()
	if !isBranch {
		payload := s.cfg.Hooks.TagPush(tx, p)
		return s.cfg.Hooks.Enqueue(tx, hooks.Event{
			ProjectID: p.Project.ID, Trigger: "tag_push_events", Header: "Tag Push Hook", Origin: origin,
			Payload: payload, System: hooks.WithoutCommits(payload),
		})
	}
	var err error
	if p.Protected, err = pipelines.Protected(tx, p.Project, name); err != nil {
		return err
	}
	payload := s.cfg.Hooks.Push(tx, p)
	return s.cfg.Hooks.Enqueue(tx, hooks.Event{
		ProjectID: p.Project.ID, Trigger: "push_events", Header: "Push Hook", Branch: name, Origin: origin,
		Payload: payload, System: hooks.WithoutCommits(payload),
	})
}
