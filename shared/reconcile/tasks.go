package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Deps is what the tasks need.
type Deps struct {
	Table      table.Table // the catalog's
	Listing    Listing
	Discovery  Discovery
	Known      Known
	Evidence   Evidence
	Hooks      *HookKeeper // nil: hooks are left alone
	Operations Operations
	Outboxes   map[string]Outbox // by the name of their table
	Compacter  Compacter         // nil: there is no snapshot to look after
	Log        Sequence          // the change log
	Snapshot   Sequence          // nil: there is none
	Clock      clock.Clock
	Logger     *slog.Logger
	// Budget is how long one Sweep goes on before it hands over to the next.
	Budget time.Duration
}

// Tasks are the tasks of the state machine.
type Tasks struct{ deps Deps }

// grace is how old something must be before it counts as left behind.
const grace = time.Minute

// New makes the tasks.
func New(d Deps) (*Tasks, error) {
	if d.Table == nil || d.Listing == nil || d.Discovery == nil || d.Known == nil || d.Evidence == nil || d.Operations == nil ||
		d.Log == nil || d.Clock == nil || d.Logger == nil || d.Budget <= 0 {
		return nil, errors.New("reconciliation needs a table, a listing, discovery, what is known, evidence, operations, the change log, a clock, a logger and a budget")
	}
	return &Tasks{deps: d}, nil
}

// ByName gives the tasks by the names the state machine calls them.
func (t *Tasks) ByName() map[string]workflow.Task {
	return map[string]workflow.Task{
		"Begin": task(t.Begin), "Sweep": task(t.Sweep), "Recover": task(t.Recover), "Report": task(t.Report),
	}
}

// Input is the input of every task.
type Input struct {
	Run     string   `json:"run"`
	Cursor  Cursor   `json:"cursor,omitzero"`  // of Sweep
	Failure *Failure `json:"failure,omitzero"` // of Report, when a task failed for good
}

// Failure is what a state machine catches.
type Failure struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// Progress says how to go on.
type Progress struct {
	Cursor Cursor `json:"cursor"`
	More   bool   `json:"more"`
}

func task[T any](run func(context.Context, Input) (T, error)) workflow.Task {
	return func(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
		var in Input
		if err := json.Unmarshal(raw, &in); err != nil || in.Run == "" {
			return nil, errs.Wrap(errs.Invalid, "the task's input names no run", err)
		}
		out, err := run(ctx, in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
}

// leaseFor is how long a run counts as under way after it was last heard of.
const leaseFor = 15 * time.Minute

type lease struct {
	Run   string    `json:"run"`
	Until time.Time `json:"until"`
}

// keepFor is how long the items of a run are kept.
const keepFor = 48 * time.Hour

type begun struct {
	Started time.Time `json:"startedAt"`
}

// Begin takes the lease, unless another run is under way: two at once would do no harm,
// only work twice.
func (t *Tasks) Begin(ctx context.Context, in Input) (Progress, error) {
	mine, err := t.lease(ctx, in.Run)
	if err != nil {
		return Progress{}, err
	}
	if !mine {
		t.deps.Logger.InfoContext(ctx, "another reconciliation is under way", "run", in.Run)
		return Progress{}, nil
	}
	now := t.deps.Clock.Now()
	item, err := encode(table.Key{PK: runPrefix + in.Run, SK: beginSort}, begun{now}, now.Add(keepFor))
	if err != nil {
		return Progress{}, err
	}
	_, err = t.deps.Table.Put(ctx, item, table.Absent)
	if _, repeated := table.FailedCondition(err); err != nil && !repeated {
		return Progress{}, fmt.Errorf("noting the begin of run %s: %w", in.Run, err)
	}
	return Progress{Cursor: Cursor{Phase: phaseGroups}, More: true}, nil
}

// lease takes or renews the lease; false when another run has it.
func (t *Tasks) lease(ctx context.Context, run string) (bool, error) {
	now, cond := t.deps.Clock.Now(), table.Absent
	item, err := t.deps.Table.Get(ctx, leaseKey())
	switch {
	case err == nil:
		var held lease
		if err := decode(item, &held); err != nil {
			return false, err
		}
		if held.Run != run && held.Until.After(now) {
			return false, nil
		}
		cond = table.AtRevision(item.Revision)
	case !errors.Is(err, errs.NotFound):
		return false, fmt.Errorf("reading the lease: %w", err)
	}
	next, err := encode(leaseKey(), lease{Run: run, Until: now.Add(leaseFor)}, time.Time{})
	if err != nil {
		return false, err
	}
	_, err = t.deps.Table.Put(ctx, next, cond)
	if _, lost := table.FailedCondition(err); lost {
		return false, nil
	}
	return err == nil, err
}

// note keeps what a step did, under a name that is the same when it is repeated.
func (t *Tasks) note(ctx context.Context, run, name string, s step) error {
	item, err := encode(table.Key{PK: runPrefix + run, SK: stepPrefix + name}, s, t.deps.Clock.Now().Add(keepFor))
	if err != nil {
		return err
	}
	if _, err := t.deps.Table.Put(ctx, item, table.Always); err != nil {
		return fmt.Errorf("noting a step of run %s: %w", run, err)
	}
	return nil
}

// Recover repairs what an interruption left behind. A part that fails does not keep the
// others from running.
func (t *Tasks) Recover(ctx context.Context, in Input) (struct{}, error) {
	var did step
	started, err := t.deps.Operations.Recover(ctx, grace)
	problems := []error{err}
	did.Executions = started
	for name, box := range t.deps.Outboxes {
		n, err := box.Drain(ctx, grace)
		if err != nil {
			problems = append(problems, fmt.Errorf("draining the outbox of %s: %w", name, err))
		}
		did.Events += n
	}
	if t.deps.Compacter != nil {
		_, err := t.deps.Compacter.Compact(ctx)
		problems = append(problems, err)
	}
	problems = append(problems, t.note(ctx, in.Run, "recover", did))
	return struct{}{}, errors.Join(problems...)
}

// Report puts the run's report together and gives the lease back.
func (t *Tasks) Report(ctx context.Context, in Input) (Report, error) {
	r, err := t.sum(ctx, in)
	if err != nil {
		return r, err
	}
	item, err := encode(reportKey(), r, time.Time{})
	if err != nil {
		return r, err
	}
	if _, err := t.deps.Table.Put(ctx, item, table.Always); err != nil {
		return r, fmt.Errorf("storing the report: %w", err)
	}
	if err := t.giveBack(ctx, in.Run); err != nil {
		return r, err
	}
	t.deps.Logger.InfoContext(ctx, "reconciled", "run", r.Run, "complete", r.Complete, "projects", r.Projects.Seen, "read", r.Projects.Read,
		"changed", r.Entities.Changed, "deleted", r.Entities.Deleted, "kept", len(r.Kept), "failed", len(r.Failed),
		"hookProblems", len(r.Hooks.Problems), "executionsStarted", r.Executions, "eventsPublished", r.Events)
	return Report{Run: r.Run, Complete: r.Complete}, nil // the rest is stored; state is small
}

func (t *Tasks) giveBack(ctx context.Context, run string) error {
	item, err := t.deps.Table.Get(ctx, leaseKey())
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	var held lease
	if err == nil {
		err = decode(item, &held)
	}
	if err != nil || held.Run != run {
		return err
	}
	err = t.deps.Table.Delete(ctx, leaseKey(), table.AtRevision(item.Revision))
	if _, lost := table.FailedCondition(err); lost {
		return nil
	}
	return err
}

func (t *Tasks) sum(ctx context.Context, in Input) (Report, error) {
	now := t.deps.Clock.Now()
	r := Report{Run: in.Run, Started: now, Ended: now, Complete: in.Failure == nil, Groups: []Group{}, Kept: []Note{}, Failed: []Note{}}
	if in.Failure != nil {
		r.Failure = in.Failure.Cause
	}
	for _, path := range t.deps.Discovery.Groups() {
		r.Groups = append(r.Groups, Group{Path: path})
	}
	err := table.Each(ctx, t.deps.Table, table.Query{PK: runPrefix + in.Run}, func(i table.Item) error {
		if i.SK == beginSort {
			var b begun
			err := decode(i, &b)
			r.Started = b.Started
			return err
		}
		var s step
		err := decode(i, &s)
		r.add(s)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("summing up run %s: %w", in.Run, err)
	}
	for _, g := range r.Groups {
		r.Complete = r.Complete && g.Problem == ""
	}
	r.Complete = r.Complete && len(r.Failed) == 0
	return r, t.standing(ctx, &r)
}

// standing adds what stands whatever this run did.
func (t *Tasks) standing(ctx context.Context, r *Report) (err error) {
	r.Hooks.Managed, r.Hooks.Problems = t.deps.Hooks != nil, []Note{}
	if t.deps.Hooks != nil {
		problems, err := t.deps.Hooks.problems(ctx)
		if err != nil {
			return err
		}
		r.Hooks.Problems = append(r.Hooks.Problems, problems...)
	}
	if r.ProblemFiles, err = t.problemFiles(ctx); err != nil {
		return err
	}
	if r.Log.Head, err = t.deps.Log.Head(ctx); err != nil || t.deps.Snapshot == nil {
		return err
	}
	kept, err := t.deps.Snapshot.Head(ctx)
	behind := max(0, r.Log.Head-kept)
	r.Log.Behind = &behind
	return err
}
