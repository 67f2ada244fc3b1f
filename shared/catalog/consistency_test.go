package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Whatever one instance has committed is in the next answer of every other, and the log
// has one number for each change, without gaps.
func TestEveryInstanceSeesCommittedWritesAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const writers, rounds = 4, 5
	instances := []*catalog.Service{f.Service, instance(t, f.table, f.host), instance(t, f.table, f.host)}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			project, name := fmt.Sprintf("apps/p%d", w), fmt.Sprintf("app-%d", w)
			for round := range rounds {
				f.host.push(project, "main", map[string]string{"catalog-info.yaml": component(name, fmt.Sprint(round))})
				writer := instances[(w+round)%len(instances)]
				if _, err := writer.IngestProject(context.Background(), project, "main", true); err != nil {
					t.Errorf("writing %s: %v", name, err)
					return
				}
				for i, reader := range instances {
					e, err := reader.Entity(context.Background(), "component:"+name)
					if err != nil || e.Metadata["description"] != fmt.Sprint(round) {
						t.Errorf("instance %d shows round %v of %s, %d is committed: %v", i, e.Metadata["description"], name, round, err)
					}
				}
			}
		})
	}
	wg.Wait()
	log := f.changes(t)
	if len(log) != writers*rounds {
		t.Fatalf("%d changes, want %d", len(log), writers*rounds)
	}
	for i, c := range log {
		if c.Seq != int64(i+1) {
			t.Fatalf("change %d has the number %d", i+1, c.Seq)
		}
	}
}

// Ingesting the same project from everywhere at once ends in the state of its head.
func TestConcurrentIngestionOfOneFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other := instance(t, f.table, f.host)
	var wg sync.WaitGroup
	for n := range 6 {
		f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": documents(component("orders", fmt.Sprint(n)), component(fmt.Sprintf("part-%d", n), ""))})
		for _, c := range []*catalog.Service{f.Service, other} {
			wg.Go(func() {
				if _, err := c.IngestProject(context.Background(), "apps/orders", "main", true); err != nil && !errors.Is(err, errs.RateLimited) {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	f.ingest(t, "apps/orders") // a delivery that gave up is delivered again
	want := map[string]string{"component:default/orders": "5", "component:default/part-5": ""}
	if diff := cmp.Diff(want, f.refs(t)); diff != "" {
		t.Fatal(diff)
	}
}

// A lost answer, before or after the write took effect, is repaired by doing it again.
func TestIngestionSurvivesLostAnswers(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		f := newFixture(t)
		c := instance(t, &losing{Table: f.table, after: after}, f.host)
		f.host.push("apps/orders", "main", map[string]string{"catalog-info.yaml": component("orders", "1")})
		if _, err := c.IngestProject(context.Background(), "apps/orders", "main", true); err != nil {
			t.Fatal(err)
		}
		log := f.changes(t)
		if len(log) != 1 {
			t.Fatalf("after=%t: %d changes in the log", after, len(log))
		}
	}
}

// losing loses the answer to the first transaction.
type losing struct {
	table.Table
	after bool
	once  sync.Once
}

func (l *losing) Transact(ctx context.Context, writes []table.Write) (err error) {
	lost := false
	l.once.Do(func() {
		lost = true
		if l.after {
			err = l.Table.Transact(ctx, writes)
		}
	})
	if lost {
		return errors.Join(errs.New(errs.Unavailable, "no answer"), err)
	}
	return l.Table.Transact(ctx, writes)
}
