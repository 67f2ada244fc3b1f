// Package outbox owns how an event becomes true together with the write that caused it: a
// context adds the event's item to its own transaction, and a relay publishes it later.
//
// It does not know what events mean, nor which bus there is. An event is published at
// least once; whatever still lies in a table's outbox has not been published for sure.
//
// Flow: Emitter.Emit → a table.Write in the context's transaction → (the table's stream,
// or a change signal in one process) → Relay.Deliver or Relay.Drain → bus → the item is
// removed. A scheduled Drain picks up what a stream lost.
package outbox

import (
	"context"
	"encoding/json"
	"time"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
)

// Partition holds the events of one table that are not known to be published.
const Partition = "OUTBOX"

// sortable is a time format whose text order is the order in time.
const sortable = "2006-01-02T15:04:05.000000000Z"

// Write gives the write that puts e into the outbox of the table it is made on. An event
// that no bus takes is refused here, where it can still be told to somebody: in the outbox
// it would stand in the way of the others for good.
func Write(e bus.Event) (table.Write, error) {
	body, err := bus.Encode(e)
	if err != nil {
		return table.Write{}, err
	}
	key := table.Key{PK: Partition, SK: e.Time.UTC().Format(sortable) + "#" + e.ID}
	return table.PutWrite(table.Item{Key: key, Body: body}, table.Always), nil
}

// Event reads the event of an outbox item.
func Event(i table.Item) (bus.Event, error) { return bus.Decode(i.Body) }

// Emitter makes the events of one source.
type Emitter struct {
	Source string // "slipway.operations" …
	Clock  clock.Clock
	IDs    ids.Source
}

// Emit gives the write that makes an event happen with the transaction it is added to.
// The event carries the request, the actor and the operation of ctx.
func (m Emitter) Emit(ctx context.Context, eventType, subject string, data any) (table.Write, error) {
	e, err := m.New(ctx, eventType, subject, data)
	if err != nil {
		return table.Write{}, err
	}
	return Write(e)
}

// New makes an event that carries the request, the actor and the operation of ctx.
func (m Emitter) New(ctx context.Context, eventType, subject string, data any) (bus.Event, error) {
	body, err := json.Marshal(data)
	if err != nil {
		return bus.Event{}, errs.Wrap(errs.Internal, "an event's data can't be written as JSON", err)
	}
	about := correlation.From(ctx)
	return bus.Event{
		SpecVersion: "1.0", ID: m.IDs.New(), Source: m.Source, Type: eventType, Subject: subject,
		Time: m.Clock.Now().UTC().Truncate(time.Microsecond), DataContentType: "application/json", Data: body,
		Actor: about.Actor, RequestID: about.RequestID, OperationID: about.OperationID,
	}, nil
}
