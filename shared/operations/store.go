package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/table/optimistic"
)

// reserved is what a record keeps free, in bytes, so that an operation can end however
// much it has collected: with its problem, what is left, and marks of recovery.
const reserved = 96 << 10

// maxRecord is the largest record of an operation that goes on.
const maxRecord = table.MaxItemBytes - reserved

// store reads and writes the records of operations.
type store struct {
	table  table.Table
	clock  clock.Clock
	events outbox.Emitter
	bell   *Bell // nil when nobody watches in this process
}

func (s *store) get(ctx context.Context, id string) (*Operation, error) {
	if id == "" || len(id) > 64 {
		return nil, errs.New(errs.NotFound, "no operation with that id")
	}
	item, err := s.table.Get(ctx, recordKey(id))
	if errors.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, fmt.Sprintf("no operation with id %q", id))
	}
	if err != nil {
		return nil, fmt.Errorf("reading operation %s: %w", id, err)
	}
	return decodeOperation(item)
}

func decodeOperation(item table.Item) (*Operation, error) {
	var o Operation
	if err := json.Unmarshal(item.Body, &o); err != nil {
		return nil, errs.Wrap(errs.Internal, "an operation's record is damaged", err)
	}
	o.revision = item.Revision
	return &o, nil
}

// change is what an update adds to the record's own write.
type change struct {
	writes []table.Write
	lines  []Line // of the log, not yet numbered
	event  string // type of the event that says so; "" for none
	ends   bool   // it may use what is reserved
	none   bool   // the record is as it should be: nothing is written
}

// unchanged is the change of a call that was made before.
var unchanged = change{none: true}

// update changes the record by compare and swap: apply may run several times, also after a
// write whose answer was lost, and then finds its own change. The change's writes, its
// lines in the log and its event are part of the same transaction. Conflict when ctx
// belongs to an attempt that is over.
func (s *store) update(ctx context.Context, id string, apply func(*Operation) (change, error)) (*Operation, error) {
	var updated *Operation
	err := optimistic.Retry(ctx, s.clock, func(ctx context.Context) error {
		o, err := s.get(ctx, id)
		if err != nil {
			return err
		}
		if err := ofAttempt(ctx, o); err != nil {
			return err
		}
		listed := summaryOf(o)
		c, err := apply(o)
		if err != nil {
			return err
		}
		updated = o
		if c.none {
			return nil
		}
		if err := s.commit(ctx, o, c, listed); err != nil {
			return fmt.Errorf("writing operation %s: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return updated, nil
}

// commit writes a changed operation; listed is how the list of all shows it so far.
func (s *store) commit(ctx context.Context, o *Operation, c change, listed summary) error {
	o.Updated = s.clock.Now()
	o.number(c.lines, o.Updated)
	writes, err := s.changeWrites(ctx, o, c)
	if err != nil {
		return err
	}
	if summaryOf(o) != listed {
		w, err := summaryWrite(o)
		if err != nil {
			return err
		}
		writes = append(writes, w)
	}
	return s.transact(ctx, o.ID, writes)
}

// changeWrites gives the writes of the record and of what a change adds to it.
func (s *store) changeWrites(ctx context.Context, o *Operation, c change) ([]table.Write, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "an operation can't be written as JSON", err)
	}
	if len(body) > maxRecord && !c.ends {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("what the operation has to remember takes %d bytes, more than %d", len(body), maxRecord))
	}
	lines, err := lineWrites(o.ID, c.lines)
	if err != nil {
		return nil, err
	}
	record := table.PutWrite(table.Item{Key: recordKey(o.ID), Body: body}, table.AtRevision(o.revision))
	writes := append([]table.Write{record}, c.writes...)
	writes = append(writes, lines...)
	if c.event == "" {
		return writes, nil
	}
	e, err := s.events.Emit(ctx, c.event, o.Target, eventData(o))
	if err != nil {
		return nil, err
	}
	return append(writes, e), nil
}

// transact writes and tells whoever watches the operation, also when the answer was lost:
// it may have been written.
func (s *store) transact(ctx context.Context, id string, writes []table.Write) error {
	err := s.table.Transact(ctx, writes)
	if s.bell != nil {
		s.bell.Ring(id)
	}
	return err
}
