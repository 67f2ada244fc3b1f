package changelog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/table/optimistic"
)

// The events of the catalog.
const (
	EventSource  = "slipway.catalog"
	EventChanged = "slipway.catalog.entity.changed.v1"
)

// Config is what a Log needs.
type Config struct {
	Table table.Table
	Clock clock.Clock
	IDs   ids.Source
}

// Log is the stored catalog. It is safe for concurrent use, by several processes at once.
type Log struct {
	table  table.Table
	clock  clock.Clock
	ids    ids.Source
	events outbox.Emitter
}

// New makes a log.
func New(c Config) (*Log, error) {
	if c.Table == nil || c.Clock == nil || c.IDs == nil {
		return nil, errors.New("a change log needs a table, a clock and a source of ids")
	}
	return &Log{table: c.Table, clock: c.Clock, ids: c.IDs,
		events: outbox.Emitter{Source: EventSource, Clock: c.Clock, IDs: c.IDs}}, nil
}

// Apply writes what differs from the stored entities, at most MaxIntents, with at most
// MaxExtra writes of the caller's in the same transaction. An entity of another owner is
// left alone. When nothing differs and there is nothing extra, nothing is written at all.
// ErrMoved when one of the extra writes did not find what it expected; PreconditionFailed
// when an intent's entity is not as the intent asked.
func (l *Log) Apply(ctx context.Context, intents []Intent, extra []table.Write) ([]Outcome, error) {
	if len(intents) > MaxIntents || len(extra) > MaxExtra {
		return nil, errs.New(errs.Internal, "too many changes for one transaction")
	}
	var out []Outcome
	err := optimistic.Retry(ctx, l.clock, func(ctx context.Context) error {
		b := batch{log: l, ctx: ctx}
		if err := b.plan(intents); err != nil {
			return err
		}
		out = b.outcomes
		return b.commit(extra)
	})
	if err != nil {
		return nil, fmt.Errorf("writing %d entities: %w", len(intents), err)
	}
	return out, nil
}

// Head gives the number of the last change, 0 when there is none.
func (l *Log) Head(ctx context.Context) (int64, error) {
	h, err := l.head(ctx)
	return h.Seq, err
}

func (l *Log) head(ctx context.Context) (head, error) {
	item, err := l.table.Get(ctx, headKey())
	if errors.Is(err, errs.NotFound) {
		return head{}, nil
	}
	if err != nil {
		return head{}, fmt.Errorf("reading the end of the change log: %w", err)
	}
	h := head{revision: item.Revision}
	err = Decode(item, &h)
	return h, err
}

// Record gives a stored entity by its canonical ref; NotFound when there is none.
func (l *Log) Record(ctx context.Context, ref string) (Record, error) {
	key := entityKey(ref)
	if table.ValidateKey(key) != nil { // nothing can be stored under it
		return Record{}, errs.New(errs.NotFound, "there is no entity "+errs.Clip(ref))
	}
	item, err := l.table.Get(ctx, key)
	if err != nil {
		return Record{}, fmt.Errorf("reading entity %s: %w", ref, err)
	}
	return decodeRecord(item)
}

// Owner gives the owner of a stored entity, "" when there is no such entity.
func (l *Log) Owner(ctx context.Context, ref string) (string, error) {
	stored, err := l.Record(ctx, ref)
	if errors.Is(err, errs.NotFound) {
		return "", nil
	}
	return stored.Origin.Owner, err
}

// Entity gives an entity by its ref, in any case, as it is stored: without relations.
// NotFound when there is none.
func (l *Log) Entity(ctx context.Context, ref string) (entity.Entity, error) {
	r, err := entity.ParseFullRef(ref)
	if err != nil {
		return entity.Entity{}, err
	}
	stored, err := l.Record(ctx, r.String())
	if errors.Is(err, errs.NotFound) {
		return entity.Entity{}, entity.Missing(r)
	}
	return stored.Entity, err
}

// OfKind gives all entities of a kind as they are stored, by ref.
func (l *Log) OfKind(ctx context.Context, kind string) ([]entity.Entity, error) {
	found := map[string]entity.Entity{}
	for n := range shards {
		err := table.Each(ctx, l.table, table.Query{PK: shardPartition(n), Prefix: strings.ToLower(kind) + ":"}, func(i table.Item) error {
			r, err := decodeRecord(i)
			found[r.Entity.Ref().String()] = r.Entity
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading the entities of the kind %s: %w", kind, err)
		}
	}
	out := make([]entity.Entity, 0, len(found))
	for _, ref := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[ref])
	}
	return out, nil
}

// Entities calls f for every stored entity, in no particular order.
func (l *Log) Entities(ctx context.Context, f func(Record) error) error {
	for n := range shards {
		err := table.Each(ctx, l.table, table.Query{PK: shardPartition(n)}, func(i table.Item) error {
			r, err := decodeRecord(i)
			if err != nil {
				return err
			}
			return f(r)
		})
		if err != nil {
			return fmt.Errorf("reading the entities of shard %d: %w", n, err)
		}
	}
	return nil
}

// Since calls f for the changes behind a sequence number, oldest first.
func (l *Log) Since(ctx context.Context, after int64, f func(Change) error) error {
	err := table.Each(ctx, l.table, table.Query{PK: logPartition, From: logKey(after + 1).SK}, func(i table.Item) error {
		var c Change
		if err := Decode(i, &c); err != nil {
			return err
		}
		return f(c)
	})
	if err != nil {
		return fmt.Errorf("reading the change log behind %d: %w", after, err)
	}
	return nil
}

// Until calls f for the changes up to a sequence number, oldest first.
func (l *Log) Until(ctx context.Context, last int64, f func(Change) error) error {
	return l.Since(ctx, 0, func(c Change) error {
		if c.Seq > last {
			return table.ErrStop
		}
		return f(c)
	})
}

// SeqAt gives the number of the last change that had been made at a time, 0 for none.
func (l *Log) SeqAt(ctx context.Context, t time.Time) (int64, error) {
	h, err := l.head(ctx)
	if err != nil || !h.Time.After(t) {
		return h.Seq, err
	}
	// The times of the log never run backwards. Change hi is later than t, change lo is not.
	lo, hi := int64(0), h.Seq
	for lo+1 < hi {
		mid := lo + (hi-lo)/2
		c, err := l.change(ctx, number(mid))
		if err != nil {
			return 0, err
		}
		if c.Time.After(t) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo, nil
}

// History gives the changes of one entity, newest first, at most limit, older than the
// change with the number before (0 for the newest).
func (l *Log) History(ctx context.Context, ref string, before int64, limit int) ([]Change, error) {
	q := table.Query{PK: historyPartition(ref), Descending: true, Limit: limit}
	if before > 0 {
		q.To = number(before)
	}
	out := []Change{}
	if !storable(historyKey(ref, 1)) {
		return out, nil
	}
	err := table.Each(ctx, l.table, q, func(i table.Item) error {
		if len(out) == limit {
			return table.ErrStop
		}
		c, err := l.change(ctx, i.SK)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the history of %s: %w", ref, err)
	}
	return out, nil
}

func (l *Log) change(ctx context.Context, sk string) (c Change, err error) {
	item, err := l.table.Get(ctx, table.Key{PK: logPartition, SK: sk})
	if err != nil {
		return c, fmt.Errorf("reading change %s: %w", sk, err)
	}
	err = Decode(item, &c)
	return c, err
}

// storable reports whether there can be an item under a key.
func storable(k table.Key) bool { return table.ValidateKey(k) == nil }
