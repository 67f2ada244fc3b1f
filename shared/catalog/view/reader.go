package catalog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// reader answers from an index that is as new as the last write acknowledged before the
// question. It is safe for concurrent use.
type reader struct {
	store *store

	mu sync.RWMutex // guards x
	x  *index       // nil until the first question

	// turn lets one caller at a time bring the index up to date. Whoever waited while a
	// round began after its own arrival needs no round of its own.
	turn    chan struct{}
	begun   atomic.Int64 // rounds begun
	through int64        // newest round that ended well; only with the turn
}

func newReader(s *store) *reader {
	return &reader{store: s, turn: make(chan struct{}, 1)}
}

// read calls f with an up-to-date index. f must not keep or change the index.
func (r *reader) read(ctx context.Context, f func(x *index)) error {
	if err := r.refresh(ctx); err != nil {
		return fmt.Errorf("bringing the index up to date: %w", err)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	f(r.x)
	return nil
}

func (r *reader) refresh(ctx context.Context) error {
	arrival := r.begun.Load()
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-r.turn }()
	if r.through > arrival {
		return nil
	}
	round := r.begun.Add(1)
	err := r.advance(ctx)
	if err == nil {
		r.through = round
	}
	return err
}

// advance builds the index, or adds what the log says has changed.
func (r *reader) advance(ctx context.Context) error {
	if r.x == nil {
		return r.build(ctx)
	}
	changes, err := r.store.changes(ctx, r.x.seq)
	if err != nil || len(changes) == 0 {
		return err
	}
	records, err := r.current(ctx, changes)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for ref, rec := range records {
		if rec == nil {
			r.x.remove(ref)
			continue
		}
		r.x.put(*rec)
	}
	r.x.settle()
	r.x.seq = changes[len(changes)-1].Seq
	return nil
}

// build reads everything. The end of the log is read first: what is written meanwhile is
// read again by the next round.
func (r *reader) build(ctx context.Context) error {
	h, err := r.store.head(ctx)
	if err != nil {
		return err
	}
	records, err := r.store.records(ctx)
	if err != nil {
		return err
	}
	x := newIndex()
	for _, rec := range records {
		x.put(rec)
	}
	x.settle()
	x.seq = h.Seq
	r.mu.Lock()
	defer r.mu.Unlock()
	r.x = x
	return nil
}

// current reads the entities that the changes name, nil for those that are gone. What is
// stored may be newer than the change; then the next change finds it as it is.
func (r *reader) current(ctx context.Context, changes []Change) (map[string]*record, error) {
	out := make(map[string]*record, len(changes))
	for _, c := range changes {
		if _, done := out[c.Ref]; done {
			continue
		}
		rec, err := r.store.record(ctx, c.Ref)
		switch {
		case errors.Is(err, errs.NotFound):
			out[c.Ref] = nil
		case err != nil:
			return nil, err
		default:
			out[c.Ref] = &rec
		}
	}
	return out, nil
}
