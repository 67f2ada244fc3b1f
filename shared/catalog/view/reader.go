package view

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// reader holds an index that is as new as the last write acknowledged before a question.
type reader struct {
	deps Deps

	mu  sync.RWMutex // guards x and its content
	x   *index.Index // nil until the first question
	seq atomic.Int64 // of the last change that x holds

	// turn lets one caller at a time bring the index up to date. Whoever waited while a
	// round began after its own arrival needs no round of its own.
	turn    chan struct{}
	damaged atomic.Bool  // the kept snapshot could not be read
	begun   atomic.Int64 // rounds begun
	through int64        // newest round that ended well; only with the turn
	checked atomic.Int64 // when the last good round began, in nanoseconds of the clock
}

func newReader(d Deps) *reader { return &reader{deps: d, turn: make(chan struct{}, 1)} }

// read calls f with an up-to-date index. f must not keep or change it.
func (r *reader) read(ctx context.Context, f func(x *index.Index)) error {
	if err := r.refresh(ctx); err != nil {
		return fmt.Errorf("bringing the index up to date: %w", err)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.x == nil { // somebody else's round has just failed halfway
		return errs.New(errs.Unavailable, "the index is being made again")
	}
	f(r.x)
	return nil
}

func (r *reader) refresh(ctx context.Context) error {
	if r.freshEnough() {
		return nil
	}
	arrival := r.begun.Load()
	if err := r.take(ctx); err != nil {
		return err
	}
	defer r.release()
	if r.through > arrival {
		return nil
	}
	round := r.begun.Add(1)
	now := r.deps.Clock.Now()
	if err := r.advance(ctx); err != nil {
		return err
	}
	r.through = round
	r.checked.Store(now.UnixNano())
	return nil
}

// take waits for the turn.
func (r *reader) take(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *reader) release() { <-r.turn }

// freshEnough reports whether the last look at the log is recent enough for answers that
// may be stale.
func (r *reader) freshEnough() bool {
	if r.deps.Staleness == 0 {
		return false
	}
	checked := r.checked.Load()
	return checked != 0 && r.deps.Clock.Now().Sub(time.Unix(0, checked)) < r.deps.Staleness
}

// advance makes the index, and adds what the log says has changed since.
func (r *reader) advance(ctx context.Context) error {
	if r.x == nil {
		if err := r.open(ctx); err != nil {
			return err
		}
	}
	tail, err := r.tail(ctx)
	if err != nil || tail.last == 0 {
		return err
	}
	upserts, deletes := tail.changes()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.x.Apply(upserts, deletes); err != nil {
		r.x = nil // half applied; the next question starts over, however fresh this one was
		r.checked.Store(0)
		return fmt.Errorf("applying the changes up to %d: %w", tail.last, err)
	}
	r.seq.Store(tail.last)
	return nil
}

// tail reads the changes behind the index.
func (r *reader) tail(ctx context.Context) (tail, error) {
	t := tail{}
	err := r.deps.Log.Since(ctx, r.seq.Load(), t.add)
	return t, err
}

// tail is the end of the log, as the last change of each entity.
type tail struct {
	last  int64
	newer map[string]changelog.Change
}

func (t *tail) add(c changelog.Change) error {
	if t.newer == nil {
		t.newer = map[string]changelog.Change{}
	}
	t.newer[c.Ref], t.last = c, c.Seq
	return nil
}

func (t *tail) changes() (upserts []index.Record, deletes []string) {
	for ref, c := range t.newer {
		if c.Action == changelog.Delete {
			deletes = append(deletes, ref)
			continue
		}
		upserts = append(upserts, index.Record{Entity: *c.Entity, ETag: c.ETag})
	}
	return upserts, deletes
}

// open takes the index from the newest snapshot, or builds it.
func (r *reader) open(ctx context.Context) error {
	from := "snapshot"
	x, seq, err := r.load(ctx)
	if err != nil {
		from = "table"
		if x, seq, err = build(ctx, r.deps.Log, r.deps.Kinds); err != nil {
			return err
		}
	}
	r.deps.Logger.InfoContext(ctx, "the catalog's index is open", slog.String("from", from), slog.Int64("change", seq))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.x = x
	r.seq.Store(seq)
	return nil
}

// load gives the snapshot. That it can't be used is reported here and is nobody else's
// concern: everything in it is in the table as well.
func (r *reader) load(ctx context.Context) (*index.Index, int64, error) {
	if r.deps.Snapshots == nil {
		return nil, 0, errs.NotFound
	}
	x, seq, err := r.deps.Snapshots.Load(ctx)
	if err == nil {
		err = r.within(ctx, seq)
	}
	r.damaged.Store(errs.KindOf(err) == errs.Internal)
	if err != nil && !errors.Is(err, errs.NotFound) {
		r.deps.Logger.WarnContext(ctx, "the catalog's snapshot can't be used, building the index from the table", slog.Any("error", err))
	}
	return x, seq, err
}

// within makes sure that a snapshot does not stand behind the end of the log: the table was
// restored then, and the same numbers mean other changes.
func (r *reader) within(ctx context.Context, seq int64) error {
	head, err := r.deps.Log.Head(ctx)
	if err == nil && seq > head {
		err = errs.New(errs.Internal, fmt.Sprintf("the snapshot stands at change %d, the log ends at %d", seq, head))
	}
	return err
}

// build makes an index from the stored entities. The end of the log is read first: what is
// written meanwhile is read again from the log.
func build(ctx context.Context, log *changelog.Log, kinds *entity.Kinds) (*index.Index, int64, error) {
	seq, err := log.Head(ctx)
	if err != nil {
		return nil, 0, err
	}
	x, err := collect(kinds, func(add func(index.Record) error) error {
		return log.Entities(ctx, func(r changelog.Record) error { return add(index.Record{Entity: r.Entity, ETag: r.ETag}) })
	})
	return x, seq, err
}
