package runner

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// maxShared is how many changes share a transaction at most: frames of the largest size
// still stay below what a transaction may hold.
const maxShared = 8

// pending is a change that waits to be written.
type pending struct {
	change  *asl.Change
	written bool
	err     error
}

// Save writes a change. Whoever gets to write takes along what others want to write, so it
// gives up only when the whole execution does.
func (e *execution) Save(_ context.Context, change *asl.Change) error {
	p := &pending{change: change}
	e.mu.Lock()
	e.queue = append(e.queue, p)
	e.mu.Unlock()
	e.writing.Lock()
	defer e.writing.Unlock()
	if p.written {
		return p.err
	}
	e.mu.Lock()
	queue := e.queue
	e.queue = nil
	e.mu.Unlock()
	for together := range slices.Chunk(queue, maxShared) {
		err := e.write(e.ctx, together)
		for _, other := range together {
			other.written, other.err = true, err
		}
	}
	return p.err
}

func (e *execution) write(ctx context.Context, together []*pending) error {
	if e.ended {
		return errEnded
	}
	t := &transaction{e: e}
	for _, p := range together {
		if err := t.add(p.change); err != nil {
			return err
		}
	}
	writes, err := t.finish()
	if err != nil {
		return err
	}
	if err := e.r.transact(ctx, append(writes, t.removals...)); err != nil {
		return fmt.Errorf("saving %s of %s: %w", e.id.name, e.id.machine, err)
	}
	t.apply()
	return nil
}

// transaction collects the writes of changes that happen together.
type transaction struct {
	e        *execution
	writes   []table.Write // made all or none
	removals []table.Write // of what nothing refers to any more, in order
	events   []event
	frames   []*asl.Frame
	gone     []string // paths of frames
	ends     bool
}

// add adds a change. It numbers the events, also in the frame.
func (t *transaction) add(c *asl.Change) error {
	for _, happened := range c.Events {
		t.record(happened)
		if strings.HasSuffix(happened.Type, "StateEntered") {
			c.Frame.EnteredEvent = t.events[len(t.events)-1].ID
		}
	}
	f := c.Frame
	if f.Path == "" && f.Done {
		return t.end(outcomeOf(f, t.e.r.clock.Now()))
	}
	frame, err := put(t.e.id.frameKey(f.Path), f, table.Always)
	if err != nil {
		return err
	}
	t.writes = append(t.writes, frame)
	t.frames = append(t.frames, f)
	if err := t.addToken(f); err != nil {
		return err
	}
	if c.Drop != "" {
		t.drop(c.Drop)
	}
	return nil
}

func (t *transaction) record(happened asl.Event) {
	t.events = append(t.events, event{
		ID: t.e.last + int64(len(t.events)) + 1, Time: t.e.r.clock.Now(),
		Type: happened.Type, State: happened.State, Error: happened.Error,
	})
}

// addToken opens the token of a frame and closes the one it had before.
func (t *transaction) addToken(f *asl.Frame) error {
	before := ""
	if old := t.e.Load(f.Path); old != nil {
		before = old.Token
	}
	if before == f.Token {
		return nil
	}
	if before != "" {
		t.writes = append(t.writes, table.DeleteWrite(tokenKey(before), table.Always))
	}
	if f.Token == "" {
		return nil
	}
	open, err := put(tokenKey(f.Token), callback{Machine: t.e.id.machine, Name: t.e.id.name, Path: f.Path}, table.Always)
	t.writes = append(t.writes, open)
	return err
}

// drop removes the frames below a prefix.
func (t *transaction) drop(prefix string) {
	t.e.mu.Lock()
	defer t.e.mu.Unlock()
	for path, f := range t.e.frames {
		if strings.HasPrefix(path, prefix) {
			t.removals = append(t.removals, t.e.removal(f)...)
			t.gone = append(t.gone, path)
		}
	}
}

// end adds the end of the execution: the mark that it runs goes last, so that what is
// left of the frames is tidied up after a crash in between.
func (t *transaction) end(o outcome) error {
	t.ends = true
	write, err := put(t.e.id.key(sortOutcome), o, table.Always)
	t.writes = append(t.writes, write)
	t.removals = t.e.removals()
	return err
}

// finish gives the writes that belong together, with the events as one page of the history.
func (t *transaction) finish() ([]table.Write, error) {
	if len(t.events) == 0 {
		return t.writes, nil
	}
	page, err := put(t.e.id.historyKey(t.events[0].ID), t.events, table.Always)
	return append(t.writes, page), err
}

// apply takes what was written over into memory.
func (t *transaction) apply() {
	e := t.e
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = e.ended || t.ends
	e.last += int64(len(t.events))
	for _, f := range t.frames {
		e.frames[f.Path] = f
	}
	for _, path := range t.gone {
		delete(e.frames, path)
	}
}

func (e *execution) removal(f *asl.Frame) []table.Write {
	writes := []table.Write{table.DeleteWrite(e.id.frameKey(f.Path), table.Always)}
	if f.Token != "" {
		writes = append(writes, table.DeleteWrite(tokenKey(f.Token), table.Always))
	}
	return writes
}

// removals gives the writes that tidy up after an execution.
func (e *execution) removals() []table.Write {
	e.mu.Lock()
	defer e.mu.Unlock()
	var writes []table.Write
	for _, f := range e.frames {
		writes = append(writes, e.removal(f)...)
	}
	return append(writes, table.DeleteWrite(e.id.runningKey(), table.Always))
}

func outcomeOf(f *asl.Frame, now time.Time) outcome {
	o := outcome{Status: workflow.Succeeded, Output: f.Output, Stopped: now}
	if f.Failure != nil {
		o.Status, o.Error, o.Cause = workflow.Failed, f.Failure.Name, f.Failure.Cause
	}
	if f.TimedOut {
		o.Status = workflow.TimedOut
	}
	return o
}

// The waits between attempts to write.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 10 * time.Second
)

// transact makes writes in as many transactions as it takes: those that must be made
// together come first and always fit into one. While the table is not available it tries
// again until ctx ends. A write that has begun is not given up when ctx ends: a task's
// result that is there should be kept.
func (r *Runner) transact(ctx context.Context, writes []table.Write) error {
	for part := range slices.Chunk(writes, table.MaxTransactWrites) {
		if err := r.attempt(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) attempt(ctx context.Context, writes []table.Write) error {
	pause := firstPause
	for {
		err := r.table.Transact(context.WithoutCancel(ctx), writes)
		if err == nil || !errs.Transient(err) {
			return err
		}
		r.log.WarnContext(ctx, "the table does not take a checkpoint; trying again", slog.Any("error", err))
		if r.clock.Sleep(ctx, pause) != nil {
			return err
		}
		pause = min(2*pause, lastPause)
	}
}
