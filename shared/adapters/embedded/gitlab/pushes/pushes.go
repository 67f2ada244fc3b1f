// Package pushes owns what follows when branches and tags of a repository have moved,
// however they moved: push and tag hooks, push pipelines, the default branch of a
// repository that was empty, and the sha of open merge requests.
//
// Sync compares the references with those it saw last, which are stored with the hooks and
// pipelines of the difference in one transaction. So a process that is killed between
// moving a reference and telling anybody about it catches up at its next start, and
// nothing is told twice.
package pushes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pipelines"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/platform/clock"
)

const (
	maxRefs    = 3  // a push that changes more branches, or more tags, sends no hook
	maxCommits = 20 // shown in a payload
	maxCounted = 1000
)

// Config is what the service works with; all fields are needed.
type Config struct {
	State     *state.Store
	Repos     *gitstore.Store
	Hooks     *hooks.Service
	Pipelines *pipelines.Service
	Clock     clock.Clock
	Logger    *slog.Logger
}

// Service reacts to moved references.
type Service struct{ cfg Config }

// New makes the service.
func New(cfg Config) (*Service, error) {
	if cfg.State == nil || cfg.Repos == nil || cfg.Hooks == nil || cfg.Pipelines == nil || cfg.Clock == nil || cfg.Logger == nil {
		return nil, errors.New("pushes need state, repositories, hooks, pipelines, clock and logger")
	}
	return &Service{cfg: cfg}, nil
}

// moved is one reference that changed.
type moved struct{ ref, before, after string }

func (m moved) branch() (string, bool) { return strings.CutPrefix(m.ref, "refs/heads/") }

func (m moved) deleted() bool { return m.after == gitstore.Zero }

// Sync tells hooks and pipelines of everything that moved since the last time.
func (s *Service) Sync(ctx context.Context, project int64) error {
	unlock := s.cfg.Repos.Lock(project)
	defer unlock()
	p, seen, err := s.seen(project)
	if errors.Is(err, state.ErrNotFound) {
		return nil // the project was removed
	}
	if err != nil {
		return err
	}
	repo, err := s.cfg.Repos.Open(project)
	if err != nil {
		return fmt.Errorf("opening the repository of %s: %w", p.FullPath, err)
	}
	now, err := repo.Refs()
	if err != nil {
		return err
	}
	changes := compare(seen, now)
	if len(changes) == 0 {
		return nil
	}
	p, adopt := defaultBranch(p, now)
	if adopt {
		if err := repo.SetHead(p.DefaultBranch); err != nil {
			return err
		}
	}
	return s.tell(ctx, telling{project: p, repo: repo, refs: now, changes: changes, first: len(seen) == 0})
}

func (s *Service) seen(project int64) (p state.Project, seen map[string]string, err error) {
	err = s.cfg.State.View(func(tx *state.Tx) error {
		if p, err = state.Projects.Get(tx, state.ID(project)); err != nil {
			return err
		}
		seen, err = state.Refs.Get(tx, state.ID(project))
		if errors.Is(err, state.ErrNotFound) {
			return nil
		}
		return err
	})
	return p, seen, err
}

func compare(seen, now map[string]string) []moved {
	list := []moved{}
	for _, ref := range slices.Sorted(maps.Keys(now)) {
		before := seen[ref]
		if before == "" {
			before = gitstore.Zero
		}
		if before != now[ref] {
			list = append(list, moved{ref, before, now[ref]})
		}
	}
	for _, ref := range slices.Sorted(maps.Keys(seen)) {
		if _, still := now[ref]; !still {
			list = append(list, moved{ref, seen[ref], gitstore.Zero})
		}
	}
	return list
}

// defaultBranch gives a project whose default branch does not exist one that does.
func defaultBranch(p state.Project, refs map[string]string) (state.Project, bool) {
	if _, ok := refs["refs/heads/"+p.DefaultBranch]; ok {
		return p, false
	}
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			p.DefaultBranch = name
			return p, true
		}
	}
	return p, false
}

// telling is one round of Sync.
type telling struct {
	project state.Project
	repo    *gitstore.Repo
	refs    map[string]string
	changes []moved
	first   bool // the repository was empty before
}

func (s *Service) tell(ctx context.Context, t telling) error {
	prepared, pushed, err := s.prepare(ctx, t)
	if err != nil {
		return err
	}
	defer s.cfg.Pipelines.Wake()
	return s.cfg.State.Update(func(tx *state.Tx) error {
		if err := s.touch(tx, t); err != nil {
			return err
		}
		origin := s.cfg.Hooks.Origin()
		for _, push := range pushed {
			if err := s.hook(tx, push, origin); err != nil {
				return err
			}
		}
		if err := s.cfg.Hooks.Enqueue(tx, s.cfg.Hooks.RepositoryUpdate(tx, t.project, changesOf(t.changes))); err != nil {
			return err
		}
		for _, p := range prepared {
			if _, err := s.cfg.Pipelines.Store(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func changesOf(list []moved) []hooks.Change {
	out := []hooks.Change{}
	for _, m := range list {
		out = append(out, hooks.Change{Ref: m.ref, Before: m.before, After: m.after})
	}
	return out
}

// touch stores what is now seen, and what the project and its merge requests show of it.
func (s *Service) touch(tx *state.Tx, t telling) error {
	if err := state.Refs.Put(tx, state.ID(t.project.ID), t.refs); err != nil {
		return err
	}
	p, err := state.Projects.Get(tx, state.ID(t.project.ID))
	if err != nil {
		return err
	}
	p.DefaultBranch, p.ActiveAt = t.project.DefaultBranch, s.cfg.Clock.Now()
	if err := state.Projects.Put(tx, state.ID(p.ID), p); err != nil {
		return err
	}
	if _, exists := t.refs["refs/heads/"+p.DefaultBranch]; t.first && exists {
		if err := Protect(tx, p.ID, state.Protection{Name: p.DefaultBranch, Push: 40, Merge: 40}); err != nil {
			return err
		}
	}
	return s.followRequests(tx, p, t.refs)
}

// Protect adds a protection unless the name has one.
func Protect(tx *state.Tx, project int64, rule state.Protection) error {
	key := state.Under(project, rule.Name)
	if state.Protected.Has(tx, key) {
		return nil
	}
	var err error
	if rule.ID, err = tx.NextID("protections"); err != nil {
		return err
	}
	return state.Protected.Put(tx, key, rule)
}

func (s *Service) followRequests(tx *state.Tx, p state.Project, refs map[string]string) error {
	all, err := state.Requests.All(tx, state.ID(p.ID))
	if err != nil {
		return err
	}
	for _, m := range all {
		head, ok := refs["refs/heads/"+m.Source]
		if m.State != "opened" || !ok || head == m.SHA {
			continue
		}
		m.SHA, m.UpdatedAt = head, s.cfg.Clock.Now()
		if err := state.Requests.Put(tx, state.ID(p.ID, m.IID), m); err != nil {
			return err
		}
		e := hooks.Event{ProjectID: p.ID, Trigger: "merge_requests_events", Header: "Merge Request Hook",
			Origin: s.cfg.Hooks.Origin(), Payload: s.cfg.Hooks.MergeRequest(tx, p, m, "update")}
		e.System = e.Payload
		if err := s.cfg.Hooks.Enqueue(tx, e); err != nil {
			return err
		}
	}
	return nil
}
