// Package eventqueue reads events from the messages that EventBridge's rules put into SQS
// queues.
//
// It owns the form of such a message. It is apart from eventbridge because who consumes
// needs neither its client nor its permission to publish. Lambda polls the queue and
// lambdaevent reports a batch; the queue's redrive policy counts deliveries.
//
// Flow: rule → SQS → lambdaevent.Queue → Consumer → bus.Handler.
package eventqueue

import (
	"context"
	"encoding/json"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Decode reads an event from the body of an SQS message that a rule made. Invalid when it
// is none, or when its envelope and what the rule saw of it differ.
func Decode(body string) (bus.Event, error) {
	var message struct {
		Source     string          `json:"source"`
		DetailType string          `json:"detail-type"`
		Detail     json.RawMessage `json:"detail"`
	}
	if err := json.Unmarshal([]byte(body), &message); err != nil {
		return bus.Event{}, errs.Wrap(errs.Invalid, "the message is not from an event bus", err)
	}
	if len(message.Detail) == 0 {
		return bus.Event{}, errs.New(errs.Invalid, "the message has no detail")
	}
	e, err := bus.Decode(message.Detail)
	if err != nil {
		return bus.Event{}, err
	}
	if e.Source != message.Source || e.Type != message.DetailType {
		return bus.Event{}, errs.New(errs.Invalid, "the event is not what its message says it is")
	}
	return e, nil
}

// Consumer lets h handle the bodies of SQS messages, as lambdaevent.Queue hands them over.
// A message that is no event is an error like any other: it is reported as failed each
// time, and the queue's redrive policy takes it to the dead letters, where it can be seen.
func Consumer(h bus.Handler) func(ctx context.Context, id, body string) error {
	return func(ctx context.Context, _, body string) error {
		e, err := Decode(body)
		if err != nil {
			return err
		}
		return h(bus.Context(ctx, e), e)
	}
}
