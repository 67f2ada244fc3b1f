package view_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/table"
)

// ahead keeps an empty index that claims to stand at a change that is still to come.
type ahead struct{ discarded, saved bool }

func (a *ahead) Load(context.Context) (*index.Index, int64, error) {
	x, err := index.Build(index.Config{}, func(func(index.Record) bool) {})
	return x, 1_000_000, err
}

func (a *ahead) Head(context.Context) (int64, error) { return 1_000_000, nil }

func (a *ahead) Save(_ context.Context, _ []index.SegmentData, seq int64) error {
	a.saved = seq < 1_000_000
	return nil
}

func (a *ahead) Discard(context.Context) error { a.discarded = true; return nil }

// The table was restored to an earlier time, the snapshot was not: what it holds says
// nothing about this log.
func TestASnapshotFromAfterTheEndOfTheLogIsNotUsed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(t, map[string][]string{"a": nil})
	kept := &ahead{}
	v := b.view(t, func(d *view.Deps) { d.Snapshots = kept })
	for _, name := range []string{"a", "b"} {
		b.put(t, map[string][]string{name: nil})
		d, err := v.ByRef(t.Context(), "component:default/"+name)
		if err != nil || !d.Found() {
			t.Fatalf("%s is missing: %v", name, err)
		}
	}
	compact(t, v, true)
	if !kept.discarded || !kept.saved {
		t.Errorf("the snapshot was discarded: %t, replaced: %t", kept.discarded, kept.saved)
	}
}

// slowLog is a table of which the log is read only when told to.
type slowLog struct {
	table.Table
	once    *sync.Once
	reached chan struct{}
	goOn    chan struct{}
}

func (s slowLog) Query(ctx context.Context, q table.Query) (table.Page, error) {
	s.once.Do(func() { close(s.reached) })
	<-s.goOn
	return s.Table.Query(ctx, q)
}

// While one question folds the past, another that can't wait gives up.
func TestQuestionsAboutThePastCanBeGivenUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(t, map[string][]string{"a": nil})
	now := b.clock.Now()
	slow := slowLog{Table: b.table.Table, once: &sync.Once{}, reached: make(chan struct{}), goOn: make(chan struct{})}
	b.table.Table = slow
	v := b.view(t)
	first := make(chan error, 1)
	go func() {
		_, err := v.AsOf(context.Background(), now)
		first <- err
	}()
	select {
	case <-slow.reached:
	case err := <-first:
		t.Fatalf("the first question did not read the log: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := v.AsOf(ctx, now); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second question ends in %v", err)
	}
	close(slow.goOn)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
}
