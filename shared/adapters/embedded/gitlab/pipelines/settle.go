package pipelines

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

// change is one pipeline being changed in a transaction.
type change struct {
	tx      *state.Tx
	project state.Project
	pl      *state.Pipeline
	now     time.Time
	before  map[int64]gitlabci.Status // of the jobs, when the change began
}

// edit loads a pipeline, lets fn change its jobs, and settles and stores the result.
func (s *Service) edit(project, pipeline int64, fn func(*change) error) (state.Pipeline, error) {
	var pl state.Pipeline
	err := s.cfg.State.Update(func(tx *state.Tx) error {
		ch, err := s.load(tx, project, pipeline)
		if err != nil {
			return err
		}
		if err := fn(ch); err != nil {
			return err
		}
		err = s.settle(ch)
		pl = *ch.pl
		return err
	})
	s.Wake()
	return pl, err
}

func (s *Service) load(tx *state.Tx, project, pipeline int64) (*change, error) {
	p, err := state.Projects.Get(tx, state.ID(project))
	if err != nil {
		return nil, err
	}
	pl, err := state.Pipelines.Get(tx, state.ID(project, pipeline))
	if err != nil {
		return nil, err
	}
	ch := &change{tx: tx, project: p, pl: &pl, now: s.cfg.Clock.Now(), before: map[int64]gitlabci.Status{}}
	for _, j := range pl.Jobs {
		ch.before[j.ID] = j.Status
	}
	return ch, nil
}

// addJob adds a run of a job.
func (ch *change) addJob(name string, status gitlabci.Status, attempt int) (*state.Job, error) {
	d := ch.definition(name)
	if d == nil {
		return nil, fmt.Errorf("the pipeline has no job %s", name)
	}
	id, err := ch.tx.NextID("jobs")
	if err != nil {
		return nil, err
	}
	owner := state.PipelineKey{ProjectID: ch.pl.ProjectID, PipelineID: ch.pl.ID}
	if err := state.JobOwners.Put(ch.tx, state.ID(id), owner); err != nil {
		return nil, err
	}
	ch.pl.Jobs = append(ch.pl.Jobs, state.Job{
		ID: id, Name: name, Stage: d.Stage, Status: status, AllowFailure: d.AllowFailure, Attempt: attempt, CreatedAt: ch.now,
	})
	return &ch.pl.Jobs[len(ch.pl.Jobs)-1], nil
}

func (ch *change) definition(name string) *gitlabci.Job {
	for i := range ch.pl.Definition.Jobs {
		if ch.pl.Definition.Jobs[i].Name == name {
			return &ch.pl.Definition.Jobs[i]
		}
	}
	return nil
}

// job gives the run with this id, or nil.
func (ch *change) job(id int64) *state.Job {
	for i := range ch.pl.Jobs {
		if ch.pl.Jobs[i].ID == id {
			return &ch.pl.Jobs[i]
		}
	}
	return nil
}

// current gives the newest run of every job.
func (ch *change) current() []*state.Job {
	list := []*state.Job{}
	for i := range ch.pl.Jobs {
		if !ch.pl.Jobs[i].Retried {
			list = append(list, &ch.pl.Jobs[i])
		}
	}
	return list
}

func (ch *change) states() map[string]gitlabci.Status {
	m := map[string]gitlabci.Status{}
	for _, j := range ch.current() {
		m[j.Name] = j.Status
	}
	return m
}

// settle lets waiting jobs move, sets the pipeline's status and times, stores it and
// queues its hooks.
func (s *Service) settle(ch *change) error {
	moved := gitlabci.Next(ch.pl.Definition, ch.states())
	for _, j := range ch.current() {
		if next, ok := moved[j.Name]; ok {
			j.Status = next
		}
		if waits(j.Status) && j.QueuedAt == nil {
			j.QueuedAt = &ch.now
		}
	}
	was := ch.pl.Status
	ch.pl.Status = gitlabci.StatusOf(ch.pl.Definition, ch.states())
	ch.pl.UpdatedAt = ch.now
	switch {
	case ch.pl.Status.Completed() && ch.pl.FinishedAt == nil:
		ch.pl.FinishedAt = &ch.now
	case !ch.pl.Status.Completed():
		ch.pl.FinishedAt = nil
	}
	return s.announce(ch, was)
}

func waits(s gitlabci.Status) bool {
	return s == gitlabci.Pending || s == gitlabci.Scheduled || s == gitlabci.WaitingForResource
}

// announce stores the pipeline and queues the hooks for what changed.
func (s *Service) announce(ch *change, was gitlabci.Status) error {
	if err := state.Pipelines.Put(ch.tx, state.ID(ch.pl.ProjectID, ch.pl.ID), *ch.pl); err != nil {
		return err
	}
	if err := ch.index(); err != nil {
		return err
	}
	origin := s.cfg.Hooks.Origin()
	for _, j := range ch.pl.Jobs {
		if ch.before[j.ID] == j.Status {
			continue
		}
		if err := s.deploy(ch, j); err != nil {
			return err
		}
		e := hooks.Event{ProjectID: ch.pl.ProjectID, Trigger: "job_events", Header: "Job Hook", Origin: origin, Payload: s.cfg.Hooks.Job(ch.tx, ch.project, *ch.pl, j)}
		if err := s.cfg.Hooks.Enqueue(ch.tx, e); err != nil {
			return err
		}
	}
	if was == ch.pl.Status && len(ch.before) > 0 {
		return nil
	}
	return s.cfg.Hooks.Enqueue(ch.tx, hooks.Event{
		ProjectID: ch.pl.ProjectID, Trigger: "pipeline_events", Header: "Pipeline Hook", Origin: origin,
		Payload: s.cfg.Hooks.Pipeline(ch.tx, ch.project, *ch.pl),
	})
}

// index keeps the executor's list of pipelines that have something to run.
func (ch *change) index() error {
	busy := slices.ContainsFunc(ch.current(), func(j *state.Job) bool { return waits(j.Status) || j.Status == gitlabci.Running })
	if !busy {
		return state.Active.Delete(ch.tx, state.ID(ch.pl.ID))
	}
	return state.Active.Put(ch.tx, state.ID(ch.pl.ID), state.PipelineKey{ProjectID: ch.pl.ProjectID, PipelineID: ch.pl.ID})
}

// cancelOutdated cancels what still runs for an older commit of the same branch, as far
// as both the project and the older pipeline's workflow allow.
func (s *Service) cancelOutdated(tx *state.Tx, newer state.Pipeline, p state.Project) error {
	if newer.Source != "push" || newer.Tag || p.Settings["auto_cancel_pending_pipelines"] == "disabled" {
		return nil
	}
	active, err := state.Active.All(tx, "")
	if err != nil {
		return err
	}
	for _, key := range active {
		if key.ProjectID != newer.ProjectID || key.PipelineID == newer.ID {
			continue
		}
		ch, err := s.load(tx, key.ProjectID, key.PipelineID)
		if errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if ch.pl.Ref != newer.Ref || ch.pl.SHA == newer.SHA || !ch.outdated() {
			continue
		}
		ch.cancelAll()
		if err := s.settle(ch); err != nil {
			return err
		}
	}
	return nil
}

// outdated reports whether a newer commit may cancel this pipeline; conservative, the
// default, means: only while nothing that must not be interrupted has started.
func (ch *change) outdated() bool {
	if ch.pl.Definition.AutoCancel == "none" {
		return false
	}
	for _, j := range ch.current() {
		d := ch.definition(j.Name)
		started := j.StartedAt != nil
		if d == nil || (started && !d.Interruptible) {
			return false
		}
	}
	return true
}

func (ch *change) cancelAll() {
	for _, j := range ch.current() {
		ch.cancel(j)
	}
}

func (ch *change) cancel(j *state.Job) {
	if j.Status.Completed() || j.Status == gitlabci.Manual {
		return
	}
	j.Status, j.FinishedAt = gitlabci.Canceled, &ch.now
}
