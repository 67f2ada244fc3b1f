package changelog_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// set is a clock that shows what it is set to.
type set struct {
	clock.System
	now time.Time
}

func (s *set) Now() time.Time { return s.now }

func newTable(t *testing.T) table.Table {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	stored, err := file.Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func newLog(t *testing.T, stored table.Table, c clock.Clock) *changelog.Log {
	t.Helper()
	l, err := changelog.New(changelog.Config{Table: stored, Clock: c, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func keep(name, description, owner string) changelog.Intent {
	e := entity.Entity{APIVersion: "backstage.io/v1alpha1", Kind: "Component", Spec: map[string]any{"type": "service"},
		Metadata: map[string]any{"name": name, "namespace": "default", "description": description}}
	return changelog.Intent{Ref: e.Ref().String(), Wish: changelog.Keep, Entity: &e, Origin: changelog.Origin{Owner: owner, Commit: description}}
}

func apply(t *testing.T, l *changelog.Log, ctx context.Context, intents ...changelog.Intent) []changelog.Outcome {
	t.Helper()
	out, err := l.Apply(ctx, intents, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const orders = "component:default/orders"

func TestALife(t *testing.T) {
	t.Parallel()
	c := &set{now: time.Unix(1000, 0).UTC()}
	l := newLog(t, newTable(t), c)
	ctx := correlation.With(context.Background(), correlation.IDs{Actor: "user:default/jane"})
	apply(t, l, ctx, keep("orders", "1", "a"))
	c.now = time.Unix(500, 0).UTC() // another instance's clock is behind
	apply(t, l, ctx, keep("orders", "2", "a"))
	if out := apply(t, l, ctx, keep("orders", "2", "a")); !out[0].Untouched {
		t.Fatalf("the same again: %+v", out)
	}
	faulty := &entity.Status{Items: []entity.StatusItem{{Type: entity.ProcessingStatus, Level: "error", Message: "bad"}}}
	mark := changelog.Intent{Ref: orders, Wish: changelog.Mark, Status: faulty, Origin: changelog.Origin{Owner: "a"}}
	apply(t, l, ctx, mark)
	if out := apply(t, l, ctx, mark); !out[0].Untouched {
		t.Fatalf("the same mark again: %+v", out)
	}
	if out := apply(t, l, ctx, keep("orders", "3", "b")); out[0].OwnedBy != "a" {
		t.Fatalf("another owner: %+v", out)
	}
	c.now = time.Unix(2000, 0).UTC()
	apply(t, l, ctx, changelog.Intent{Ref: orders, Wish: changelog.Remove, Origin: changelog.Origin{Owner: "a"}})
	if out := apply(t, l, ctx, changelog.Intent{Ref: orders, Wish: changelog.Remove, Origin: changelog.Origin{Owner: "a"}}); !out[0].Untouched {
		t.Fatalf("removing what is gone: %+v", out)
	}

	history, err := l.History(ctx, orders, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range history {
		status := ""
		if h.Entity != nil && h.Entity.Status != nil {
			status = h.Entity.Status.Items[0].Message
		}
		got = append(got, fmt.Sprintf("%d %s %d %s %q", h.Seq, h.Action, h.Time.Unix(), h.Actor, status))
	}
	want := []string{`4 delete 2000 user:default/jane ""`, `3 upsert 1000 user:default/jane "bad"`, `2 upsert 1000 user:default/jane ""`, `1 upsert 1000 user:default/jane ""`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	older, err := l.History(ctx, orders, 3, 1)
	if err != nil || len(older) != 1 || older[0].Seq != 2 || older[0].Entity.Metadata["description"] != "2" {
		t.Fatal(older, err)
	}
	for at, want := range map[int64]int64{999: 0, 1000: 3, 1999: 3, 2000: 4, 9999: 4} {
		if seq, err := l.SeqAt(ctx, time.Unix(at, 0)); err != nil || seq != want {
			t.Errorf("at %d the last change was %d, want %d: %v", at, seq, want, err)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	stored := newTable(t)
	l := newLog(t, stored, clock.System{})
	ctx := context.Background()
	apply(t, l, ctx, keep("orders", "1", "a"))
	now, err := l.Record(ctx, orders)
	if err != nil {
		t.Fatal(err)
	}
	wrong := keep("orders", "2", "a")
	wrong.IfETag = "stale"
	if _, err := l.Apply(ctx, []changelog.Intent{wrong}, nil); !errors.Is(err, errs.PreconditionFailed) {
		t.Fatalf("a stale etag: %v", err)
	}
	absent := keep("other", "1", "a")
	absent.IfETag = now.ETag
	if _, err := l.Apply(ctx, []changelog.Intent{absent}, nil); !errors.Is(err, errs.PreconditionFailed) {
		t.Fatalf("the etag of what is not there: %v", err)
	}
	extra := table.PutWrite(table.Item{Key: table.Key{PK: "X", SK: "x"}, Body: []byte("{}")}, table.Present)
	if _, err := l.Apply(ctx, []changelog.Intent{keep("orders", "2", "a")}, []table.Write{extra}); !errors.Is(err, changelog.ErrMoved) {
		t.Fatalf("an extra write that can't be made: %v", err)
	}
	right := keep("orders", "2", "a")
	right.IfETag = now.ETag
	apply(t, l, ctx, right)
	if head, err := l.Head(ctx); err != nil || head != 2 {
		t.Fatalf("%d changes, want 2: %v", head, err)
	}
	var many []changelog.Intent
	for n := range changelog.MaxIntents + 1 {
		many = append(many, keep(fmt.Sprint("c", n), "", "a"))
	}
	if _, err := l.Apply(ctx, many, nil); err == nil {
		t.Fatal("more than a transaction holds was accepted")
	}
	apply(t, l, ctx, many[:changelog.MaxIntents]...)
}

// Writers in each other's way leave a log without gaps in which every change is the next
// content of its entity.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	stored := newTable(t)
	var wg sync.WaitGroup
	const writers, each = 4, 8
	for w := range writers {
		wg.Go(func() {
			l := newLog(t, stored, clock.System{})
			for n := range each {
				if _, err := l.Apply(context.Background(), []changelog.Intent{keep(fmt.Sprint("c", n%3), fmt.Sprint(w, " ", n), "a")}, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	l := newLog(t, stored, clock.System{})
	next := int64(1)
	newest := map[string]string{}
	err := l.Since(context.Background(), 0, func(c changelog.Change) error {
		if c.Seq != next {
			return fmt.Errorf("change %d follows %d", c.Seq, next-1)
		}
		next++
		newest[c.Ref] = c.ETag
		return nil
	})
	if err != nil || next != writers*each+1 {
		t.Fatal(next, err)
	}
	err = l.Entities(context.Background(), func(r changelog.Record) error {
		if newest[r.Entity.Ref().String()] != r.ETag {
			return fmt.Errorf("%s is not what the log says", r.Entity.Ref())
		}
		delete(newest, r.Entity.Ref().String())
		return nil
	})
	if err != nil || len(newest) > 0 {
		t.Fatal(newest, err)
	}
}

func TestOfKind(t *testing.T) {
	t.Parallel()
	l := newLog(t, newTable(t), clock.System{})
	apply(t, l, context.Background(), keep("b", "", "x"), keep("a", "", "x"))
	got, err := l.OfKind(context.Background(), "Component")
	if err != nil || len(got) != 2 || got[0].Name() != "a" || got[1].Name() != "b" {
		t.Fatal(got, err)
	}
	if none, err := l.OfKind(context.Background(), "comp"); err != nil || len(none) > 0 {
		t.Fatal(none, err)
	}
	if _, err := l.Entity(context.Background(), "component:nope"); !errors.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
}
