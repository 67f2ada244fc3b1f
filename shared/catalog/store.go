package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
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

// batchChanges is how many changes go into one transaction; the rest of its writes are
// the head of the log and what the caller adds.
const batchChanges = 24

// batchBytes keeps a batch below the transaction's limit.
const batchBytes = table.MaxTransactBytes - 512<<10

// store writes entities together with the change log and the outbox.
type store struct {
	table  table.Table
	clock  clock.Clock
	ids    ids.Source
	events outbox.Emitter
}

// intent is a wish to change one entity.
type intent struct {
	ref    string
	entity *Entity // nil to delete
	origin Origin
}

// outcome says what became of an intent.
type outcome struct {
	ref       string
	action    Action // "" when nothing had to be written
	ownedBy   string // the other owner, when the intent was refused
	untouched bool
}

// errMoved says that one of the caller's own writes did not find what it expected.
var errMoved = errs.New(errs.Conflict, "something else is reading this location at the same time")

// apply writes what differs from the stored entities, at most batchChanges intents, with
// the extra writes in the same transaction. An entity of another owner is left alone.
// When nothing differs and there is nothing extra, nothing is written at all.
func (s *store) apply(ctx context.Context, intents []intent, extra []table.Write) ([]outcome, error) {
	var out []outcome
	err := optimistic.Retry(ctx, s.clock, func(ctx context.Context) error {
		b := batch{store: s, ctx: ctx, now: s.clock.Now()}
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

// batch is one attempt at a transaction.
type batch struct {
	store    *store
	ctx      context.Context
	now      time.Time
	head     head
	writes   []table.Write
	outcomes []outcome
}

func (b *batch) plan(intents []intent) (err error) {
	if b.head, err = b.store.head(b.ctx); err != nil {
		return err
	}
	for _, in := range intents {
		stored, err := b.store.record(b.ctx, in.ref)
		if err != nil && !errors.Is(err, errs.NotFound) {
			return err
		}
		if err := b.add(in, stored, err == nil); err != nil {
			return err
		}
	}
	return nil
}

// add decides on one intent.
func (b *batch) add(in intent, stored record, exists bool) error {
	o := outcome{ref: in.ref}
	switch {
	case exists && stored.Origin.Owner != in.origin.Owner:
		o.ownedBy = stored.Origin.Owner
	case in.entity == nil && !exists:
		o.untouched = true
	case in.entity == nil:
		o.action = Delete
		b.writes = append(b.writes, table.DeleteWrite(entityKey(in.ref), table.AtRevision(stored.revision)))
		if err := b.log(in, Delete, ""); err != nil {
			return err
		}
	default:
		return b.upsert(in, stored, exists)
	}
	b.outcomes = append(b.outcomes, o)
	return nil
}

func (b *batch) upsert(in intent, stored record, exists bool) error {
	etag, err := digest(in.entity)
	if err != nil {
		return errs.Wrap(errs.Internal, "an entity can't be written as JSON", err)
	}
	if exists && stored.ETag == etag {
		b.outcomes = append(b.outcomes, outcome{ref: in.ref, untouched: true})
		return nil
	}
	cond, uid := table.Absent, ""
	if exists {
		cond, uid = table.AtRevision(stored.revision), stored.Entity.UID()
	} else {
		uid = b.store.ids.New()
	}
	r := record{Entity: in.entity.with("uid", uid), ETag: etag, Origin: in.origin, Seq: b.head.Seq + 1}
	item, err := r.item()
	if err != nil {
		return err
	}
	b.writes = append(b.writes, table.PutWrite(item, cond))
	b.outcomes = append(b.outcomes, outcome{ref: in.ref, action: Upsert})
	return b.log(in, Upsert, etag)
}

// log adds the change's entry in the log and its event.
func (b *batch) log(in intent, action Action, etag string) error {
	b.head.Seq++
	change := Change{
		Seq: b.head.Seq, Time: b.now, Ref: in.ref, Action: action, ETag: etag,
		Origin: in.origin, Actor: correlation.From(b.ctx).Actor,
	}
	item, err := encode(logKey(change.Seq), change)
	if err != nil {
		return err
	}
	event, err := b.store.events.Emit(b.ctx, EventChanged, in.ref, change)
	if err != nil {
		return err
	}
	b.writes = append(b.writes, table.PutWrite(item, table.Absent), event)
	return nil
}

func (b *batch) commit(extra []table.Write) error {
	writes := append([]table.Write(nil), extra...)
	if len(b.writes) > 0 {
		item, err := encode(headKey(), head{Seq: b.head.Seq})
		if err != nil {
			return err
		}
		writes = append(append(writes, table.PutWrite(item, b.head.condition())), b.writes...)
	}
	if !slices.ContainsFunc(writes, func(w table.Write) bool { return w.Op != table.OpCheck }) {
		return nil
	}
	err := b.store.table.Transact(b.ctx, writes)
	if i, lost := table.FailedCondition(err); lost && i < len(extra) {
		return errMoved
	}
	return err
}

func (s *store) head(ctx context.Context) (head, error) {
	item, err := s.table.Get(ctx, headKey())
	if errors.Is(err, errs.NotFound) {
		return head{}, nil
	}
	if err != nil {
		return head{}, fmt.Errorf("reading the end of the change log: %w", err)
	}
	h := head{revision: item.Revision}
	err = decode(item, &h)
	return h, err
}

func (s *store) record(ctx context.Context, ref string) (record, error) {
	item, err := s.table.Get(ctx, entityKey(ref))
	if err != nil {
		return record{}, fmt.Errorf("reading entity %s: %w", ref, err)
	}
	return decodeRecord(item)
}

// changes gives the log behind a sequence number, oldest first.
func (s *store) changes(ctx context.Context, after int64) ([]Change, error) {
	var out []Change
	err := s.each(ctx, table.Query{PK: logPartition, From: logKey(after + 1).SK}, func(i table.Item) error {
		var c Change
		if err := decode(i, &c); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the change log behind %d: %w", after, err)
	}
	return out, nil
}

// records gives all stored entities.
func (s *store) records(ctx context.Context) ([]record, error) {
	var out []record
	for n := range shards {
		err := s.each(ctx, table.Query{PK: shardPartition(n)}, func(i table.Item) error {
			r, err := decodeRecord(i)
			out = append(out, r)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading the entities of shard %d: %w", n, err)
		}
	}
	return out, nil
}

// each calls f for every item of a query, page by page.
func (s *store) each(ctx context.Context, q table.Query, f func(table.Item) error) error {
	for {
		page, err := s.table.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := f(item); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}
