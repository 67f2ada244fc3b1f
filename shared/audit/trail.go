package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/table/optimistic"
)

// Deps is what a Trail needs.
type Deps struct {
	Table table.Table
	Clock clock.Clock
	Log   *slog.Logger
}

// Trail is the audit trail of one table. It is safe for concurrent use.
type Trail struct {
	table   table.Table
	clock   clock.Clock
	log     *slog.Logger
	ignored atomic.Int64
}

// New makes a trail.
func New(d Deps) (*Trail, error) {
	if d.Table == nil || d.Clock == nil || d.Log == nil {
		return nil, errors.New("the audit trail needs a table, a clock and a log")
	}
	return &Trail{table: d.Table, clock: d.Clock, log: d.Log}, nil
}

// Append adds a record at the end of the chain; its seq and hashes are given by the chain.
// A record with an id that is there already is not added again, which is no error.
func (t *Trail) Append(ctx context.Context, r Record) error {
	if err := r.validate(); err != nil {
		return err
	}
	err := optimistic.Retry(ctx, t.clock, func(ctx context.Context) error {
		h, err := t.head(ctx)
		if err != nil {
			return err
		}
		writes, err := link(r, h)
		if err != nil {
			return err
		}
		err = t.table.Transact(ctx, writes)
		if i, failed := table.FailedCondition(err); failed && i == 0 {
			return nil // recorded by an earlier delivery
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("appending audit record %s: %w", r.ID, err)
	}
	return nil
}

// link gives the writes that make r the next record. The event's item comes first: the
// first condition that does not hold is the one that is told.
func link(r Record, h head) ([]table.Write, error) {
	r, body, err := r.sealed(h)
	if err != nil {
		return nil, err
	}
	end, err := json.Marshal(head{Seq: r.Seq, Hash: r.Hash})
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "the head of the chain can't be written as JSON", err)
	}
	number := []byte(fmt.Sprint(r.Seq))
	writes := []table.Write{
		table.PutWrite(table.Item{Key: eventKey(r.ID), Body: number}, table.Absent),
		table.PutWrite(table.Item{Key: headKey(), Body: end}, h.condition()),
		table.PutWrite(table.Item{Key: table.Key{PK: chain, SK: sortKey(r.Seq)}, Body: body}, table.Absent),
	}
	for _, p := range r.partitions() {
		writes = append(writes, table.PutWrite(table.Item{Key: table.Key{PK: p, SK: sortKey(r.Seq)}, Body: number}, table.Absent))
	}
	return writes, nil
}

func (t *Trail) head(ctx context.Context) (head, error) {
	item, err := t.table.Get(ctx, headKey())
	if errors.Is(err, errs.NotFound) {
		return head{}, nil
	}
	if err != nil {
		return head{}, fmt.Errorf("reading the head of the audit chain: %w", err)
	}
	h := head{revision: item.Revision}
	if err := json.Unmarshal(item.Body, &h); err != nil {
		return head{}, errs.Wrap(errs.Internal, "the head of the audit chain is damaged", err)
	}
	return h, nil
}
