package tasks

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
)

// Reader shows operations.
type Reader interface {
	Get(ctx context.Context, id string) (*operations.Operation, error)
}

// Log shows what operations wrote into their logs.
type Log interface {
	Log(ctx context.Context, id string, after, limit int) ([]operations.Line, error)
	Follow(ctx context.Context, id string, after int, emit func(operations.Line) error) error
}

var (
	_ Log    = (*operations.Service)(nil)
	_ Reader = (*operations.Service)(nil)
)

// Events tells how tasks go on. It needs no more than their operations.
type Events struct {
	operations Reader
	log        Log
}

// NewEvents makes the events of tasks.
func NewEvents(operations Reader, log Log) (*Events, error) {
	if operations == nil || log == nil {
		return nil, errors.New("the events of tasks need operations and their log")
	}
	return &Events{operations, log}, nil
}

// Exists gives NotFound when there is no task with that id.
func (e *Events) Exists(ctx context.Context, id string) error {
	_, err := Operation(ctx, e.operations, id)
	return err
}

// maxBatch is how many lines one answer of Events is made from.
const maxBatch = 500

// errEnough stops following.
var errEnough = errors.New("enough was followed")

// After gives the events behind a place as soon as there are any; none when ctx ends first.
func (e *Events) After(ctx context.Context, id string, after int) ([]Event, error) {
	v, err := e.follower(ctx, id)
	if err != nil {
		return nil, err
	}
	for {
		list, last, err := e.batch(ctx, v, after)
		if err != nil || len(list) > 0 {
			return list, err
		}
		after = last // what was there is not shown any more
		if err := e.await(ctx, id, after); err != nil {
			return []Event{}, withoutEnd(ctx, err)
		}
	}
}

// batch gives the events that are there now, and the place of the last line.
func (e *Events) batch(ctx context.Context, v follower, after int) ([]Event, int, error) {
	lines, err := e.log.Log(ctx, v.id, after, maxBatch)
	if err != nil {
		return nil, after, fmt.Errorf("reading the log of %s: %w", v.id, err)
	}
	list := []Event{}
	for _, l := range lines {
		after = l.Seq
		if v.superseded(l) {
			continue
		}
		one, err := EventOf(v.id, l)
		if err != nil {
			return nil, after, err
		}
		list = append(list, one)
	}
	return list, after, nil
}

// await returns nil when there is a line behind after.
func (e *Events) await(ctx context.Context, id string, after int) error {
	err := e.log.Follow(ctx, id, after, func(operations.Line) error { return errEnough })
	if errors.Is(err, errEnough) {
		return nil
	}
	if err == nil { // the log has ended: nothing will ever come
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

// withoutEnd drops an error that says no more than that ctx has ended.
func withoutEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it says no more than that
	}
	return err
}

// Follow passes on the events behind after as they are written, to the task's completion.
// It returns nil when that was passed on, ctx's error when ctx ends.
func (e *Events) Follow(ctx context.Context, id string, after int, emit func(Event) error) error {
	v, err := e.follower(ctx, id)
	if err != nil {
		return err
	}
	err = e.log.Follow(ctx, id, after, func(l operations.Line) error {
		if v.superseded(l) {
			return nil
		}
		one, err := EventOf(id, l)
		if err == nil {
			err = emit(one)
		}
		if err == nil && l.Type == operations.LineCompletion {
			err = errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// follower is whoever reads the events of a task.
type follower struct {
	id      string
	resumed int // the line at which the task began again, 0 when it never did
}

// superseded reports whether a line tells of an end that a retry has made undone: a
// frontend would take it for the end of the task.
func (v follower) superseded(l operations.Line) bool {
	return l.Seq < v.resumed && (l.Type == operations.LineCompletion || l.Type == operations.LineCancelled)
}

func (e *Events) follower(ctx context.Context, id string) (follower, error) {
	o, err := Operation(ctx, e.operations, id)
	if err != nil {
		return follower{}, err
	}
	v := follower{id: id}
	if o.Attempt == 0 {
		return v, nil
	}
	for after := 0; ; {
		lines, err := e.log.Log(ctx, id, after, maxBatch)
		if err != nil {
			return v, fmt.Errorf("reading the log of %s: %w", id, err)
		}
		for _, l := range lines {
			if after = l.Seq; l.Type == operations.LineRecovered {
				v.resumed = l.Seq
			}
		}
		if len(lines) < maxBatch {
			return v, nil
		}
	}
}
