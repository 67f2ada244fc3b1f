package changelog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// The limits of one Apply. Each intent takes four writes of a transaction (entity, log,
// history, event) and the head of the log one.
const (
	MaxIntents = 23
	MaxExtra   = 7
	// MaxBytes is what the contents of one Apply may take: each is written twice.
	MaxBytes = (table.MaxTransactBytes - 512<<10) / 2
)

// Wish is what an Intent is for.
type Wish int

// The wishes.
const (
	Keep   Wish = iota + 1 // the entity is to be as given
	Remove                 // there is to be no such entity
	Mark                   // a stored entity is to show a status, nil for none
	Adopt                  // what is stored of another owner is to become this origin's
)

// Intent is a wish to change one entity.
type Intent struct {
	Ref    string // canonical
	Wish   Wish
	Entity *entity.Entity // with Keep
	Status *entity.Status // with Mark
	// From and Rewrite go with Adopt: the owner that the entity is taken from, and what it
	// says then. An entity of anybody else stays as it is.
	From    string
	Rewrite func(entity.Entity) entity.Entity
	Origin  Origin
	// IfETag, when set, is the content's etag that the stored entity must have.
	IfETag string
}

// Outcome says what became of an intent.
type Outcome struct {
	Ref       string
	Action    Action // "" when nothing had to be written
	OwnedBy   string // the other owner, when the intent was refused
	Untouched bool
}

// ErrMoved says that one of the caller's own writes did not find what it expected.
var ErrMoved = errs.New(errs.Conflict, "something else is reading this location at the same time")

// ErrChanged says that an entity is not as the caller expected it.
var ErrChanged = errs.New(errs.PreconditionFailed, "it has changed meanwhile")

// batch is one attempt at a transaction.
type batch struct {
	log      *Log
	ctx      context.Context
	now      time.Time
	head     head
	writes   []table.Write
	outcomes []Outcome
}

func (b *batch) plan(intents []Intent) (err error) {
	if b.head, err = b.log.head(b.ctx); err != nil {
		return err
	}
	b.now = b.log.clock.Now()
	if b.now.Before(b.head.Time) { // another instance's clock is ahead
		b.now = b.head.Time
	}
	for _, in := range intents {
		stored, err := b.log.Record(b.ctx, in.Ref)
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
func (b *batch) add(in Intent, stored Record, exists bool) error {
	switch {
	case in.Wish == Remove && !exists: // by this very intent, perhaps: its answer may be lost
		b.outcomes = append(b.outcomes, Outcome{Ref: in.Ref, Untouched: true})
		return nil
	case in.IfETag != "" && in.IfETag != stored.ETag:
		return ErrChanged
	case in.Wish == Adopt && exists && stored.Origin.Owner == in.From:
		return b.upsert(in, in.Rewrite(stored.Entity.Without("uid")), stored, exists)
	case in.Wish == Adopt:
		b.outcomes = append(b.outcomes, Outcome{Ref: in.Ref, Untouched: true})
		return nil
	case exists && stored.Origin.Owner != in.Origin.Owner:
		b.outcomes = append(b.outcomes, Outcome{Ref: in.Ref, OwnedBy: stored.Origin.Owner})
		return nil
	case in.Wish == Keep:
		return b.upsert(in, *in.Entity, stored, exists)
	case !exists:
		b.outcomes = append(b.outcomes, Outcome{Ref: in.Ref, Untouched: true})
		return nil
	case in.Wish == Mark:
		marked := stored.Entity.Without("uid")
		marked.Status, in.Origin = in.Status, stored.Origin
		return b.upsert(in, marked, stored, exists)
	}
	b.writes = append(b.writes, table.DeleteWrite(entityKey(in.Ref), table.AtRevision(stored.revision)))
	return b.record(in, Delete, "", nil)
}

func (b *batch) upsert(in Intent, e entity.Entity, stored Record, exists bool) error {
	etag, err := entity.Digest(e)
	if err != nil {
		return errs.Wrap(errs.Internal, "an entity can't be written as JSON", err)
	}
	if exists && stored.ETag == etag && stored.Origin.same(in.Origin) {
		b.outcomes = append(b.outcomes, Outcome{Ref: in.Ref, Untouched: true})
		return nil
	}
	cond, uid := table.Absent, ""
	if exists {
		cond, uid = table.AtRevision(stored.revision), stored.Entity.UID()
	} else {
		uid = b.log.ids.New()
	}
	r := Record{Entity: e.With("uid", uid), ETag: etag, Origin: in.Origin, Seq: b.head.Seq + 1}
	item, err := Encode(entityKey(r.ref()), r)
	if err != nil {
		return err
	}
	b.writes = append(b.writes, table.PutWrite(item, cond))
	return b.record(in, Upsert, etag, &r.Entity)
}

// record adds the change's entries in the log and the history, and its event.
func (b *batch) record(in Intent, action Action, etag string, e *entity.Entity) error {
	b.head.Seq++
	change := Change{
		Seq: b.head.Seq, Time: b.now, Ref: in.Ref, Action: action, ETag: etag,
		Origin: in.Origin, Actor: correlation.From(b.ctx).Actor,
	}
	event, err := b.log.events.Emit(b.ctx, EventChanged, in.Ref, change)
	if err != nil {
		return err
	}
	history, err := Encode(historyKey(in.Ref, change.Seq), change)
	if err != nil {
		return err
	}
	change.Entity = e
	item, err := Encode(logKey(change.Seq), change)
	if err != nil {
		return err
	}
	b.writes = append(b.writes, table.PutWrite(item, table.Absent), table.PutWrite(history, table.Absent), event)
	b.outcomes = append(b.outcomes, Outcome{Ref: in.Ref, Action: action})
	return nil
}

func (b *batch) commit(extra []table.Write) error {
	writes := slices.Clone(extra)
	if len(b.writes) > 0 {
		item, err := Encode(headKey(), head{Seq: b.head.Seq, Time: b.now})
		if err != nil {
			return err
		}
		writes = append(append(writes, table.PutWrite(item, b.head.condition())), b.writes...)
	}
	if !slices.ContainsFunc(writes, func(w table.Write) bool { return w.Op != table.OpCheck }) {
		return nil
	}
	err := b.log.table.Transact(b.ctx, writes)
	if i, lost := table.FailedCondition(err); lost && i < len(extra) {
		return ErrMoved
	}
	return err
}
