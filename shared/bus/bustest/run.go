// Package bustest holds the contract of package bus as tests that every adapter runs.
//
// It owns what becomes of events from Publish to the handler or the dead letters; how a
// bus is made and its queues are consumed is the adapter's own test's.
// Flow: an adapter's test calls Run, and each part gets a bus with the queues it asks for.
package bustest

import (
	"context"
	"testing"

	"github.com/slipwayhq/slipway/shared/bus"
)

// Harness is a bus under test.
type Harness struct {
	Publisher bus.Publisher
	// Consume delivers the events of the queues to their handlers until ctx ends.
	Consume func(ctx context.Context, t *testing.T, handlers map[string]bus.Handler)
	// DeadLetters gives the events that a queue gave up so far.
	DeadLetters func(t *testing.T, queue string) []bus.Event
}

// Run holds an adapter to the contract. Open gives a new bus with empty queues, which get
// what their rules select.
func Run(t *testing.T, open func(t *testing.T, rules map[string]bus.Rule) Harness) {
	for _, part := range []struct {
		name  string
		rules map[string]bus.Rule
		test  func(*testing.T, Harness)
	}{
		{"an event arrives as it was published", anyEvent, arrivesAsPublished},
		{"rules select events", selecting, rulesSelect},
		{"many events all arrive", anyEvent, manyArrive},
		{"events wait for their handler", anyEvent, eventsWait},
		{"a failed event comes again", anyEvent, failedComesAgain},
		{"an event that keeps failing ends in the dead letters", anyEvent, deadLetter},
		{"an invalid event ends in the dead letters", anyEvent, invalidIsDead},
		{"a failing event does not hold up others", anyEvent, failingDoesNotBlock},
		{"the largest event arrives", anyEvent, largestArrives},
		{"a bad envelope publishes nothing", anyEvent, badEnvelope},
		{"nothing to publish is no error", anyEvent, nothingToPublish},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, open(t, part.rules))
		})
	}
}
