package pipelines

import (
	"errors"
	"slices"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

// ErrNotNow means that a job's state does not allow what was asked.
var ErrNotNow = errors.New("the job's state does not allow this")

// PlayJob starts a manual or delayed job, with extra variables.
func (s *Service) PlayJob(project, pipeline, job int64, vars []state.PipelineVariable) (state.Pipeline, error) {
	return s.edit(project, pipeline, func(ch *change) error {
		j := ch.job(job)
		if j == nil || j.Retried || (j.Status != gitlabci.Manual && j.Status != gitlabci.Scheduled) {
			return ErrNotNow
		}
		ch.reset(j.Name)
		j.Status, j.QueuedAt, j.Variables = gitlabci.Pending, &ch.now, vars
		return nil
	})
}

// RetryJob runs an ended job again, as a new job, and gives the new job's id.
func (s *Service) RetryJob(project, pipeline, job int64) (state.Pipeline, int64, error) {
	var id int64
	pl, err := s.edit(project, pipeline, func(ch *change) error {
		j := ch.job(job)
		if j == nil || j.Retried || !j.Status.Completed() || j.Status == gitlabci.Skipped {
			return ErrNotNow
		}
		fresh, err := ch.again(j, gitlabci.Pending, 0)
		if err != nil {
			return err
		}
		id = fresh.ID
		return nil
	})
	return pl, id, err
}

// again adds a new run of a job in place of an old one.
func (ch *change) again(old *state.Job, status gitlabci.Status, attempt int) (*state.Job, error) {
	name, vars := old.Name, old.Variables
	old.Retried = true
	ch.reset(name)
	fresh, err := ch.addJob(name, status, attempt)
	if err != nil {
		return nil, err
	}
	fresh.Variables = vars
	return fresh, nil
}

// reset makes the skipped jobs that follow a job wait again.
func (ch *change) reset(job string) {
	names := gitlabci.Reset(ch.pl.Definition, ch.states(), job)
	for _, j := range ch.current() {
		if slices.Contains(names, j.Name) {
			j.Status, j.QueuedAt, j.FinishedAt = gitlabci.Created, nil, nil
		}
	}
}

// Retry runs the failed and cancelled jobs of a pipeline again; nothing happens when there
// are none.
func (s *Service) Retry(project, pipeline int64) (state.Pipeline, error) {
	return s.edit(project, pipeline, func(ch *change) error {
		ids := []int64{}
		for _, j := range ch.current() {
			if j.Status == gitlabci.Failed || j.Status == gitlabci.Canceled {
				ids = append(ids, j.ID)
			}
		}
		for _, id := range ids {
			if _, err := ch.again(ch.job(id), gitlabci.Created, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// Cancel cancels what has not ended; an ended pipeline stays as it is.
func (s *Service) Cancel(project, pipeline int64) (state.Pipeline, error) {
	return s.edit(project, pipeline, func(ch *change) error { ch.cancelAll(); return nil })
}

// CancelJob cancels one job; an ended one stays as it is.
func (s *Service) CancelJob(project, pipeline, job int64) (state.Pipeline, error) {
	return s.edit(project, pipeline, func(ch *change) error {
		if j := ch.job(job); j != nil {
			ch.cancel(j)
		}
		return nil
	})
}

// Delete removes a pipeline with its jobs.
func (s *Service) Delete(project, pipeline int64) error {
	return s.cfg.State.Update(func(tx *state.Tx) error { return state.DeletePipeline(tx, project, pipeline) })
}
