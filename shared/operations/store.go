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
	event  string // type of the event that says so; "" for none
	ends   bool   // it may use what is reserved
	none   bool   // the record is as it should be: nothing is written
}

// unchanged is the change of a call that was made before.
var unchanged = change{none: true}

// update changes the record by compare and swap: apply may run several times, also after a
// write whose answer was lost, and then finds its own change. The change's writes and its
// event are part of the same transaction.
func (s *store) update(ctx context.Context, id string, apply func(*Operation) (change, error)) (*Operation, error) {
	var updated *Operation
	err := optimistic.Retry(ctx, s.clock, func(ctx context.Context) error {
		o, err := s.get(ctx, id)
		if err != nil {
			return err
		}
		c, err := apply(o)
		if err != nil {
			return err
		}
		updated = o
		if c.none {
			return nil
		}
		if err := s.commit(ctx, o, c); err != nil {
			return fmt.Errorf("writing operation %s: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return updated, nil
}

func (s *store) commit(ctx context.Context, o *Operation, c change) error {
	o.Updated = s.clock.Now()
	body, err := json.Marshal(o)
	if err != nil {
		return errs.Wrap(errs.Internal, "an operation can't be written as JSON", err)
	}
	if len(body) > maxRecord && !c.ends {
		return errs.New(errs.TooLarge, fmt.Sprintf("what the operation has to remember takes %d bytes, more than %d", len(body), maxRecord))
	}
	record := table.PutWrite(table.Item{Key: recordKey(o.ID), Body: body}, table.AtRevision(o.revision))
	writes := append([]table.Write{record}, c.writes...)
	if c.event != "" {
		e, err := s.events.Emit(ctx, c.event, o.Target, eventData(o))
		if err != nil {
			return err
		}
		writes = append(writes, e)
	}
	return s.table.Transact(ctx, writes)
}
