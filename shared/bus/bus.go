// Package bus owns the port for events: CloudEvents 1.0 envelopes published on one bus
// and delivered to named queues. It does not know what events mean, nor who listens.
//
// Delivery is at least once and in no particular order; a consumer is idempotent by event
// id or, better, re-reads the truth. A handler that fails is called again later; after
// MaxDeliveries the event goes to the queue's dead letters with the reason. Nothing is
// published directly by a context: it writes to its outbox, in the transaction that made
// the event true (package outbox).
//
// Two adapters satisfy it: eventbridge (EventBridge → SQS) and embedded/localbus (a
// durable queue in one file). Both pass bustest.
package bus

import (
	"context"
	"encoding/json"
	"time"
)

// MaxDeliveries is how often an event is handed to a failing handler before it goes to
// the dead letters.
const MaxDeliveries = 5

// MaxEventBytes is the largest event in its JSON form.
const MaxEventBytes = 256 << 10

// Event is a CloudEvents 1.0 envelope in its JSON form
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).
type Event struct {
	SpecVersion     string          `json:"specversion"` // "1.0"
	ID              string          `json:"id"`          // unique within Source; the key of idempotency
	Source          string          `json:"source"`      // "slipway.catalog", "slipway.operations", "slipway.webhooks" …
	Type            string          `json:"type"`        // "slipway.operation.succeeded.v1"; the version is part of the name
	Subject         string          `json:"subject,omitempty"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"` // "application/json"
	Data            json.RawMessage `json:"data"`

	// Extension attributes: who and what this happened for.
	Actor       string `json:"actor,omitempty"`
	RequestID   string `json:"requestid,omitempty"`
	OperationID string `json:"operationid,omitempty"`
}

// Publisher puts events on the bus.
type Publisher interface {
	// Publish returns nil once every event is durably accepted. After an error some may
	// have been: publishing all of them again is safe. Errors: Invalid (an envelope no bus
	// takes), TooLarge, RateLimited, Unavailable.
	Publish(ctx context.Context, events []Event) error
}

// Handler consumes one event. A nil return acknowledges it. An error of kind Invalid says
// that no retry will help: the event goes to the dead letters, at once where the bus can
// do that (SQS counts to MaxDeliveries). Any other error asks for another delivery.
type Handler func(ctx context.Context, e Event) error

// Rule selects the events of a queue. Empty lists select everything.
type Rule struct {
	Sources []string // exact matches
	Types   []string // exact matches, or a prefix when it ends in "*"
}
