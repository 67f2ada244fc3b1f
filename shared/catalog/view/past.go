package view

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Past answers questions about the catalog as it was at a time.
type Past struct {
	reading
	// Seq is the number of the last change that had been made, 0 for none.
	Seq int64
}

// AsOf gives the catalog as it was at a time. Invalid when that is still to come.
func (v *View) AsOf(ctx context.Context, t time.Time) (*Past, error) {
	if t.After(v.deps.Clock.Now()) {
		return nil, errs.New(errs.Invalid, "asOf must not be in the future")
	}
	seq, err := v.deps.Log.SeqAt(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("looking for the last change before %s: %w", t.Format(time.RFC3339), err)
	}
	x, err := v.past.at(ctx, seq)
	if err != nil {
		return nil, fmt.Errorf("folding the change log up to %d: %w", seq, err)
	}
	read := func(_ context.Context, f func(*index.Index)) error { f(x); return nil }
	return &Past{reading: reading{read: read, log: v.deps.Log, until: seq}, Seq: seq}, nil
}

// keptPasts is how many indexes of the past are kept: paging through one asks for the same
// one again.
const keptPasts = 2

// pasts makes indexes of the past and keeps the last ones. An index that nobody changes
// needs no lock.
type pasts struct {
	log   *changelog.Log
	kinds *entity.Kinds

	turn chan struct{} // guards kept; held while folding: twice at once would take twice the memory
	kept []kept
}

type kept struct {
	seq int64
	x   *index.Index
}

func newPasts(d Deps) *pasts {
	return &pasts{log: d.Log, kinds: d.Kinds, turn: make(chan struct{}, 1)}
}

func (p *pasts) at(ctx context.Context, seq int64) (*index.Index, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if i := slices.IndexFunc(p.kept, func(k kept) bool { return k.seq == seq }); i >= 0 {
		return p.kept[i].x, nil
	}
	x, err := fold(ctx, p.log, p.kinds, seq)
	if err != nil {
		return nil, err
	}
	if len(p.kept) == keptPasts {
		p.kept = slices.Delete(p.kept, 0, 1)
	}
	p.kept = append(p.kept, kept{seq: seq, x: x})
	return x, nil
}

// fold makes the index that the log's changes up to a number led to. It goes through the
// log twice: to hold all entities in memory would take many times what the index does.
func fold(ctx context.Context, log *changelog.Log, kinds *entity.Kinds, seq int64) (*index.Index, error) {
	newest := map[string]int64{}
	err := log.Until(ctx, seq, func(c changelog.Change) error {
		if newest[c.Ref] = c.Seq; c.Action == changelog.Delete {
			delete(newest, c.Ref)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return collect(kinds, func(add func(index.Record) error) error {
		return log.Until(ctx, seq, func(c changelog.Change) error {
			if newest[c.Ref] != c.Seq {
				return nil
			}
			return add(index.Record{Entity: *c.Entity, ETag: c.ETag})
		})
	})
}

// collect makes an index of what read adds, one after the other.
func collect(kinds *entity.Kinds, read func(add func(index.Record) error) error) (*index.Index, error) {
	var failed error
	x, err := index.Build(index.Config{Kinds: kinds}, func(yield func(index.Record) bool) {
		failed = read(func(r index.Record) error {
			if !yield(r) {
				return table.ErrStop
			}
			return nil
		})
	})
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, fmt.Errorf("building the index: %w", err)
	}
	return x, nil
}
