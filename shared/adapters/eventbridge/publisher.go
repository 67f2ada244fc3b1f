// Package eventbridge publishes events on a bus of Amazon EventBridge.
//
// It owns how an event becomes an entry (Source and DetailType are the event's source and
// type, Detail is the whole CloudEvents envelope, so that rules can select and nothing is
// lost), how entries are batched, and that each is accepted: PutEvents succeeds as a whole
// while single entries fail. It does not own the bus, its rules, queues and dead letters
// (template.yaml does), nor how events are read from those queues (eventqueue does).
//
// Flow: Publish encodes all events, sends them in batches, and sends again, alone, what was
// not accepted.
package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The limits of one PutEvents request; an entry's size is that of its parts
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html).
const (
	maxEntries      = 10
	maxRequestBytes = 1_000_000
	timeBytes       = 14
)

// How entries that were not accepted are repeated.
const (
	attempts  = 6
	firstWait = 50 * time.Millisecond
	longest   = 2 * time.Second
)

// API is what is needed of EventBridge.
type API interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Config says which bus is published on.
type Config struct {
	Client  API
	BusName string      // name or ARN
	Clock   clock.Clock // waits between attempts
}

// Publisher puts events on a bus of EventBridge.
type Publisher struct {
	client API
	bus    *string
	clock  clock.Clock
}

var _ bus.Publisher = (*Publisher)(nil)

// New makes a publisher. It sends nothing.
func New(c Config) (*Publisher, error) {
	if c.Client == nil || c.BusName == "" || c.Clock == nil {
		return nil, errors.New("eventbridge: Client, BusName and Clock are required")
	}
	return &Publisher{client: c.Client, bus: &c.BusName, clock: c.Clock}, nil
}

// Publish returns once every event is accepted.
func (p *Publisher) Publish(ctx context.Context, events []bus.Event) error {
	entries, err := p.entries(events)
	if err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	for len(entries) > 0 {
		n := batch(entries)
		if err := p.put(ctx, entries[:n]); err != nil {
			return fmt.Errorf("publishing %d events: %w", len(events), err)
		}
		entries = entries[n:]
	}
	return nil
}

func (p *Publisher) entries(events []bus.Event) ([]types.PutEventsRequestEntry, error) {
	bodies, err := bus.EncodeAll(events)
	if err != nil {
		return nil, err
	}
	entries := make([]types.PutEventsRequestEntry, len(events))
	for i, e := range events {
		entries[i] = types.PutEventsRequestEntry{
			EventBusName: p.bus, Source: aws.String(e.Source), DetailType: aws.String(e.Type),
			Detail: aws.String(string(bodies[i])), Time: aws.Time(e.Time),
		}
	}
	return entries, nil
}

// batch gives how many of the entries fit into one request, at least one.
func batch(entries []types.PutEventsRequestEntry) int {
	size := 0
	for n, e := range entries {
		size += timeBytes + len(*e.Source) + len(*e.DetailType) + len(*e.Detail)
		if n == maxEntries || (n > 0 && size > maxRequestBytes) {
			return n
		}
	}
	return len(entries)
}

// put sends one batch and then, again and again, what was not accepted of it.
func (p *Publisher) put(ctx context.Context, entries []types.PutEventsRequestEntry) error {
	for n := 0; ; n++ {
		out, err := p.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
		if err != nil { // the SDK has repeated it already
			return awserr.WrapOwn("the event bus can't be reached or refused the events", err)
		}
		var failure error
		if entries, failure = refused(entries, out); failure == nil {
			return nil
		}
		if !errs.Transient(failure) || n == attempts-1 {
			return failure
		}
		wait := rand.N(min(firstWait<<n, longest)) //nolint:gosec // jitter is no secret
		if p.clock.Sleep(ctx, wait) != nil {
			return failure
		}
	}
}

// refused gives the entries that were not accepted, and why: the reason that repeating
// does not help against, if one has such a reason.
func refused(entries []types.PutEventsRequestEntry, out *eventbridge.PutEventsOutput) ([]types.PutEventsRequestEntry, error) {
	if len(out.Entries) != len(entries) {
		return entries, errs.New(errs.Unavailable, "the event bus gave an incomplete answer")
	}
	var again []types.PutEventsRequestEntry
	var failure error
	for i, result := range out.Entries {
		code := aws.ToString(result.ErrorCode)
		if code == "" {
			continue
		}
		again = append(again, entries[i])
		if failure == nil || errs.Transient(failure) {
			cause := fmt.Errorf("%s: %s", code, aws.ToString(result.ErrorMessage))
			failure = errs.Wrap(awserr.KindOfCode(code), "the event bus did not accept "+*entries[i].DetailType, cause)
		}
	}
	return again, failure
}
