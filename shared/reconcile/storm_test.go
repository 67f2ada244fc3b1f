package reconcile_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/outbox"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

// The measures of the storm.
const (
	stormProjects = 120
	stormWorkers  = 4
	poolSize      = 1500 // deliveries that are on their way at once, in any order
	receives      = 5    // before an event goes to the dead letters
	hookToken     = "storm-token"
)

// tempest is the way of deliveries from GitLab to the catalog.
type tempest struct {
	*rig
	people     *people
	receiver   *webhooks.Receiver
	relay      *outbox.Relay
	deliveries *pool[webhooks.Delivery]
	events     *pool[queued]
	sent       int // payloads, each three times
	lost       int

	received, refused, handled, failed, dead atomic.Int64
}

type queued struct {
	event bus.Event
	tries int
}

// Publish implements bus.Publisher.
func (s *tempest) Publish(_ context.Context, events []bus.Event) error {
	for _, e := range events {
		s.events.put(queued{event: e})
	}
	return nil
}

func newTempest(t *testing.T, seed uint64) *tempest {
	t.Helper()
	s := &tempest{rig: newRig(t, "apps", "more"), deliveries: newPool[webhooks.Delivery](seed), events: newPool[queued](seed + 1)}
	s.people = newPeople(s.truth, seed, stormProjects)
	deliveries, err := s.file.Table("deliveries")
	if err != nil {
		t.Fatal(err)
	}
	s.receiver, err = webhooks.NewReceiver(webhooks.Deps{Table: deliveries, Secrets: webhooks.Secrets{Tokens: []string{hookToken}}, Clock: s.clock, Logger: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	s.relay, err = outbox.NewRelay(outbox.Deps{Table: deliveries, Publisher: s, Clock: s.clock, Log: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stormSize is the number of deliveries.
func stormSize() int {
	if n, err := strconv.Atoi(os.Getenv("SLIPWAY_STORM")); err == nil && n > 0 {
		return n
	}
	if testing.Short() {
		return 600
	}
	return 3000
}

// TestTheCatalogSurvivesAStorm delivers hooks tripled and in any order, one in a hundred
// lost and one in a hundred corrupted, while projects are changed, moved, archived, deleted
// and made anew, and while GitLab throttles and fails. Nothing that is there all the time
// may be missing at any moment: the change log tells each of them.
func TestTheCatalogSurvivesAStorm(t *testing.T) {
	t.Parallel()
	s := newTempest(t, 20261122)
	s.reconcile(t)
	s.mustEqual(t, "apps", "more")
	seq, size, begin := s.head(t), stormSize(), time.Now()

	s.truth.setWeather(storm(7, 20))
	var wg sync.WaitGroup
	ctx := context.Background()
	wg.Go(func() { s.send(size / 3) })
	for range stormWorkers {
		wg.Go(func() { s.deliver(ctx) })
		wg.Go(func() { s.handle(ctx) })
	}
	s.reconcile(t) // in the middle of it, with the same weather
	wg.Wait()
	s.truth.setWeather(nil)
	t.Logf("%d deliveries of %d changes in %s: %d accepted, %d refused, %d lost; %d events handled, %d failed, %d dead",
		3*s.sent, s.people.count, time.Since(begin).Round(time.Millisecond), s.received.Load(), s.refused.Load(), 3*s.lost, s.handled.Load(), s.failed.Load(), s.dead.Load())

	s.mustHaveKeptTheSteady(t, seq)
	s.mustConverge(t)
	s.mustHaveKeptTheSteady(t, seq)
}

// send makes people work until so many payloads were sent.
func (s *tempest) send(payloads int) {
	defer s.deliveries.close()
	for s.sent < payloads {
		for s.deliveries.size() > poolSize {
			runtime.Gosched()
		}
		for _, body := range s.people.work() {
			s.sent++
			if s.people.dice.IntN(100) == 0 {
				s.lost++
				continue
			}
			for nth := range 3 {
				s.deliveries.put(s.delivery(body, nth))
			}
		}
	}
}

// delivery is one copy of a payload: the second repeats the first, the third comes from
// another hook.
func (s *tempest) delivery(body []byte, nth int) webhooks.Delivery {
	key := fmt.Sprintf("%d-%d", s.sent, nth/2)
	if s.people.dice.IntN(100) == 0 {
		body = slices.Clone(body)
		at := s.people.dice.IntN(len(body))
		body = append(body[:at], body[min(at+9, len(body)):]...)
	}
	return webhooks.Delivery{Body: body, Headers: webhooks.Headers{"X-Gitlab-Token": {hookToken}, "Idempotency-Key": {key}}}
}

func (s *tempest) deliver(ctx context.Context) {
	for n := 1; ; n++ {
		d, ok, open := s.deliveries.take()
		switch {
		case ok:
			if _, err := s.receiver.Receive(ctx, d); err != nil {
				s.refused.Add(1)
			} else {
				s.received.Add(1)
			}
		case !open:
			_, _ = s.relay.Drain(ctx, 0)
			s.events.close()
			return
		}
		if n%64 == 0 || !ok {
			_, _ = s.relay.Drain(ctx, 0)
			runtime.Gosched()
		}
	}
}

func (s *tempest) handle(ctx context.Context) {
	for {
		q, ok, open := s.events.take()
		switch {
		case ok:
			s.consume(ctx, q)
		case !open:
			return
		default:
			runtime.Gosched()
		}
	}
}

func (s *tempest) consume(ctx context.Context, q queued) {
	err := s.consumer.Handle(ctx, q.event)
	switch {
	case err == nil:
		s.handled.Add(1)
	case is(err, errs.Invalid) || q.tries+1 == receives:
		s.dead.Add(1)
	default:
		s.failed.Add(1)
		q.tries++
		s.events.put(q)
	}
}

func (s *tempest) mustHaveKeptTheSteady(t *testing.T, since int64) {
	t.Helper()
	gone := s.deleted(t, since)
	for _, ref := range s.people.steadyRefs() {
		if at := gone[ref]; at != 0 {
			t.Errorf("%s was taken out by change %d although it was there all the time", ref, at)
		}
	}
}

// mustConverge fails unless one reconciliation makes the catalog what GitLab holds. Only of
// projects whose end nobody was told of something may stay, until there is evidence.
func (s *tempest) mustConverge(t *testing.T) {
	t.Helper()
	report := s.reconcile(t)
	want, got := s.truth.wanted("apps", "more"), s.shown(t)
	if !report.Complete {
		t.Fatalf("%+v", report)
	}
	kept := map[string]string{}
	for name, value := range got {
		if want[name] == "" && s.ended(name) {
			kept[name] = value
			delete(got, name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("after the storm and one reconciliation: %s", diff)
	}
	if (len(kept) > 0) != (len(report.Kept) > 0) {
		t.Fatalf("%v are kept, but the report says %v", slices.Sorted(maps.Keys(kept)), report.Kept)
	}
	t.Logf("%d entities of %d projects; %d kept for want of evidence; %+v", len(want), len(s.people.alive), len(kept), report.Projects)
	for range 3 {
		s.clock.Advance(time.Hour)
		report = s.reconcile(t)
	}
	s.mustEqual(t, "apps", "more")
	if len(report.Kept) > 0 {
		t.Fatalf("%+v", report.Kept)
	}
}

// ended reports whether an entity is of a project that was destroyed.
func (s *tempest) ended(name string) bool {
	id, err := strconv.ParseInt(name[strings.LastIndexByte(name, '-')+1:], 10, 64)
	return err == nil && slices.Contains(s.people.gone, id)
}
