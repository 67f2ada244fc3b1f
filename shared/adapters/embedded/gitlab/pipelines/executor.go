package pipelines

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

// claim is a job that was set running and has to be ended.
type claim struct{ project, pipeline, job int64 }

// Run runs pending jobs until ctx ends. What an earlier process left running starts again.
func (s *Service) Run(ctx context.Context) error {
	if err := s.recover(); err != nil {
		return err
	}
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, s.cfg.Parallel)
	for {
		jobs, err := s.claim(s.cfg.Parallel - len(slots))
		if err != nil {
			return err
		}
		for _, c := range jobs {
			slots <- struct{}{}
			running.Go(func() {
				defer s.Wake()
				defer func() { <-slots }()
				s.run(ctx, c)
			})
		}
		if err := s.watchDelayed(ctx, &running); err != nil {
			return err
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

// eachActive runs fn for every pipeline with something to run, oldest first.
func (s *Service) eachActive(tx *state.Tx, fn func(*change) error) error {
	keys, err := state.Active.All(tx, "")
	if err != nil {
		return err
	}
	for _, k := range keys {
		ch, err := s.load(tx, k.ProjectID, k.PipelineID)
		if errors.Is(err, state.ErrNotFound) {
			if err := state.Active.Delete(tx, state.ID(k.PipelineID)); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := fn(ch); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) recover() error {
	return s.cfg.State.Update(func(tx *state.Tx) error {
		return s.eachActive(tx, func(ch *change) error {
			lost := false
			for _, j := range ch.current() {
				if j.Status == gitlabci.Running {
					j.Status, j.StartedAt, lost = gitlabci.Pending, nil, true
				}
			}
			if !lost {
				return nil
			}
			return s.settle(ch)
		})
	})
}

// claim sets up to n waiting jobs running. A job whose resource group is taken waits.
func (s *Service) claim(n int) ([]claim, error) {
	if n <= 0 || !s.anyWaiting() {
		return nil, nil
	}
	var claims []claim
	err := s.cfg.State.Update(func(tx *state.Tx) error {
		claims = nil
		taken, err := s.resources(tx)
		if err != nil {
			return err
		}
		return s.eachActive(tx, func(ch *change) error {
			if !s.start(ch, taken, n, &claims) {
				return nil
			}
			return s.settle(ch)
		})
	})
	s.cfg.Hooks.Wake()
	return claims, err
}

// anyWaiting spares a write when there is nothing to claim.
func (s *Service) anyWaiting() bool {
	found := false
	_ = s.cfg.State.View(func(tx *state.Tx) error {
		return s.eachActiveRead(tx, func(j state.Job) {
			found = found || j.Status == gitlabci.Pending || j.Status == gitlabci.WaitingForResource
		})
	})
	return found
}

func (s *Service) eachActiveRead(tx *state.Tx, fn func(state.Job)) error {
	keys, err := state.Active.All(tx, "")
	if err != nil {
		return err
	}
	for _, k := range keys {
		pl, err := state.Pipelines.Get(tx, state.ID(k.ProjectID, k.PipelineID))
		if errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, j := range pl.Jobs {
			if !j.Retried {
				fn(j)
			}
		}
	}
	return nil
}

// resource names a resource group of a project.
type resource struct {
	project int64
	group   string
}

// resources gives the resource groups that running jobs hold.
func (s *Service) resources(tx *state.Tx) (map[resource]bool, error) {
	taken := map[resource]bool{}
	err := s.eachActive(tx, func(ch *change) error {
		for _, j := range ch.current() {
			if d := ch.definition(j.Name); d != nil && d.ResourceGroup != "" && j.Status == gitlabci.Running {
				taken[resource{ch.project.ID, d.ResourceGroup}] = true
			}
		}
		return nil
	})
	return taken, err
}

// start moves the waiting jobs of one pipeline and reports whether any moved.
func (s *Service) start(ch *change, taken map[resource]bool, n int, claims *[]claim) bool {
	moved := false
	for _, j := range ch.current() {
		if (j.Status != gitlabci.Pending && j.Status != gitlabci.WaitingForResource) || len(*claims) >= n {
			continue
		}
		group := resource{ch.project.ID, ch.definition(j.Name).ResourceGroup}
		if group.group != "" && taken[group] {
			moved = moved || j.Status == gitlabci.Pending
			j.Status = gitlabci.WaitingForResource
			continue
		}
		taken[group] = group.group != ""
		j.Status, j.StartedAt, moved = gitlabci.Running, &ch.now, true
		if ch.pl.StartedAt == nil {
			ch.pl.StartedAt = &ch.now
		}
		*claims = append(*claims, claim{ch.project.ID, ch.pl.ID, j.ID})
	}
	return moved
}

// run waits a job's duration and ends it.
func (s *Service) run(ctx context.Context, c claim) {
	if s.cfg.Clock.Sleep(ctx, s.cfg.Duration) != nil {
		return // stopping: it starts again when the next process runs
	}
	if err := s.finish(c); err != nil && !errors.Is(err, state.ErrNotFound) {
		s.cfg.Logger.ErrorContext(ctx, "a simulated job could not be ended", "job", c.job, "error", err)
	}
}

func (s *Service) finish(c claim) error {
	_, err := s.edit(c.project, c.pipeline, func(ch *change) error {
		j := ch.job(c.job)
		if j == nil || j.Status != gitlabci.Running {
			return nil // cancelled meanwhile
		}
		d := ch.definition(j.Name)
		text, code := simulate(*ch.pl, *d)
		j.ExitCode, j.FinishedAt, j.Status = code, &ch.now, gitlabci.Success
		if err := state.Traces.Put(ch.tx, state.ID(j.ID), text); err != nil {
			return err
		}
		if code == 0 {
			return nil
		}
		return ch.failed(j, d)
	})
	return err
}

// failed ends a job badly: allowed, retried, or neither.
func (ch *change) failed(j *state.Job, d *gitlabci.Job) error {
	j.Status, j.FailureReason = gitlabci.Failed, "script_failure"
	if slices.Contains(d.AllowFailureCodes, j.ExitCode) {
		j.AllowFailure, d.AllowFailure = true, true
	}
	if j.Attempt >= d.Retry || !retriesScripts(d.RetryWhen) {
		return nil
	}
	_, err := ch.again(j, gitlabci.Pending, j.Attempt+1)
	return err
}

func retriesScripts(when []string) bool {
	return len(when) == 0 || slices.Contains(when, "always") || slices.Contains(when, "script_failure")
}
