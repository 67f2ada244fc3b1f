package operations_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
)

// sleepless is a clock that nobody may wait on.
type sleepless struct {
	*clock.Manual
	t *testing.T
}

func (s sleepless) Sleep(ctx context.Context, d time.Duration) error {
	s.t.Errorf("somebody waits for %s", d)
	return ctx.Err()
}

// follower is a service that only follows, on its own clock.
func (b *bench) follower(t *testing.T, c clock.Clock, w operations.Watcher) *operations.Service {
	t.Helper()
	s, err := operations.New(operations.Deps{Table: b.table, Clock: c, IDs: &ids.Sequence{Prefix: "f"}, Log: logging.Discard(), Watcher: w})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// following is one call of Follow and what it has passed on.
type following struct {
	lines chan operations.Line
	done  chan error
}

func follow(ctx context.Context, s *operations.Service, id string, after int) following {
	f := following{make(chan operations.Line, 20_000), make(chan error, 1)}
	go func() {
		f.done <- s.Follow(ctx, id, after, func(l operations.Line) error { f.lines <- l; return nil })
	}()
	return f
}

// rest waits until the following is over and gives what it passed on that was not taken.
func (f following) rest(t *testing.T) []operations.Line {
	t.Helper()
	if err := <-f.done; err != nil {
		t.Fatal(err)
	}
	close(f.lines)
	var all []operations.Line
	for l := range f.lines {
		all = append(all, l)
	}
	return all
}

func TestFollowersGetEveryLineOnceWhileManyWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	reader := b.follower(t, sleepless{b.clock, t}, b.bell)
	const writers, each = 4, 25
	var all []following
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := b.ops.Say(t.Context(), id, fmt.Sprint(w), fmt.Sprint(i), "and more"); err != nil {
					t.Error(err)
				}
			}
		})
		all = append(all, follow(t.Context(), reader, id, w*3))
	}
	wg.Wait()
	if _, err := b.ops.Succeed(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	want := b.log(t, id)
	if len(want) != 2*writers*each+1 {
		t.Fatalf("%d lines", len(want))
	}
	for i, f := range all {
		if diff := cmp.Diff(want[i*3:], f.rest(t)); diff != "" {
			t.Errorf("the follower from %d on:\n%s", i*3, diff)
		}
	}
}

// With a bell nobody looks before there is something to see, and nobody waits for the time
// to look again.
func TestABellPushesLines(t *testing.T) {
	t.Parallel()
	stored := &counted{}
	b := newBenchOn(t, func(s table.Table) table.Table { stored.Table = s; return stored })
	id := b.running(t, "component:default/a").ID
	f := follow(t.Context(), b.follower(t, sleepless{b.clock, t}, b.bell), id, 0)
	for i := range 20 {
		before := stored.queries.Load()
		if err := b.ops.Say(t.Context(), id, "", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		if l := <-f.lines; l.Message != fmt.Sprint(i) {
			t.Fatalf("%+v", l)
		}
		// One look finds the line, one that there is no more; one each may still come of
		// the ring before.
		if n := stored.queries.Load() - before; n > 4 {
			t.Fatalf("%d queries for a line", n)
		}
	}
	if _, err := b.ops.Succeed(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	f.rest(t)
}

// paced is a clock that notes each wait and lets it end when it is told to.
type paced struct {
	*clock.Manual
	waits chan time.Duration
	next  chan struct{}
}

func (p paced) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case p.waits <- d:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-p.next:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestPollingLooksOftenOnlyWhileLinesCome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.running(t, "component:default/a").ID
	c := paced{b.clock, make(chan time.Duration), make(chan struct{})}
	f := follow(t.Context(), b.follower(t, c, nil), id, 0)
	var pauses []int64
	look := func(before func()) { // it looks once more, and before happens before
		pauses = append(pauses, (<-c.waits).Milliseconds())
		before()
		c.next <- struct{}{}
	}
	for range 9 {
		look(func() {})
	}
	look(func() {
		if err := b.ops.Say(t.Context(), id, "", "at last"); err != nil {
			t.Error(err)
		}
	})
	if l := <-f.lines; l.Message != "at last" {
		t.Errorf("%+v", l)
	}
	look(func() {
		if _, err := b.ops.Succeed(t.Context(), id, nil); err != nil {
			t.Error(err)
		}
	})
	f.rest(t)
	if diff := cmp.Diff([]int64{100, 150, 225, 337, 506, 759, 1000, 1000, 1000, 1000, 100}, pauses); diff != "" {
		t.Error(diff)
	}
}

func TestPollingTellsThatItCanNotSee(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	changed := operations.Polling{Table: broken{}, Clock: instant{clock.NewManual(time.Time{})}}.Watch(ctx, "id")
	<-changed
}

// broken is a table that does not answer.
type broken struct{ table.Table }

func (broken) Query(context.Context, table.Query) (table.Page, error) {
	return table.Page{}, errs.New(errs.Unavailable, "no answer")
}

func TestFollowEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open, ended := b.running(t, "component:default/open").ID, b.running(t, "component:default/ended").ID
	if err := b.ops.Say(t.Context(), open, "", "a line"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ops.Succeed(t.Context(), ended, nil); err != nil {
		t.Fatal(err)
	}
	over, stop := context.WithCancel(t.Context())
	stop()
	refused := errors.New("the reader has gone")
	for name, c := range map[string]struct {
		ctx   context.Context
		id    string
		after int
		want  error
		lines int
	}{
		"with the operation":          {t.Context(), ended, 0, nil, 1},
		"when all was read before":    {t.Context(), ended, 1, nil, 0},
		"when more was read than is":  {t.Context(), ended, 7, nil, 0},
		"when nobody listens":         {over, open, 1, context.Canceled, 0},
		"when there is no operation":  {t.Context(), "id-404", 0, errs.NotFound, 0},
		"when a line is not taken":    {t.Context(), open, 0, refused, 1},
		"when nothing may be emitted": {t.Context(), ended, 0, refused, 1},
	} {
		lines := 0
		err := b.ops.Follow(c.ctx, c.id, c.after, func(operations.Line) error {
			lines++
			if errors.Is(c.want, refused) {
				return refused
			}
			return nil
		})
		if !errors.Is(err, c.want) || lines != c.lines {
			t.Errorf("%s: %d lines, %v", name, lines, err)
		}
	}
}

func TestARetriedOperationIsFollowedOn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.running(t, "component:default/a")
	if _, err := b.ledger.Compensate(t.Context(), o.ID, &operations.Problem{Kind: errs.Invalid, Message: "no"}); err != nil {
		t.Fatal(err)
	}
	// The reader takes the end for the first time after the operation was retried.
	var got []operations.LineType
	err := b.ops.Follow(t.Context(), o.ID, 0, func(l operations.Line) error {
		switch got = append(got, l.Type); len(got) {
		case 1:
			if _, err := b.ops.Retry(as("user:default/ann"), o.ID, nil); err != nil {
				t.Error(err)
			}
		case 2:
			if _, err := b.ops.Begin(t.Context(), o.ID); err != nil {
				t.Error(err)
			}
			if _, err := b.ops.Succeed(t.Context(), o.ID, nil); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	if want := []operations.LineType{operations.LineCompletion, operations.LineRecovered, operations.LineCompletion}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}
