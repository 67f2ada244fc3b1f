package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// stopping is a table whose process ends at its n-th write: that write happens or not, and
// nothing after it does.
type stopping struct {
	table.Table
	mu     sync.Mutex
	left   int
	done   bool // the last write happens
	ended  bool
	writes int
}

var errEnded = errors.New("the process has ended")

func (s *stopping) write(do func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return errEnded
	}
	s.writes++
	if s.left--; s.left != 0 {
		return do()
	}
	s.ended = true
	if s.done {
		_ = do()
	}
	return errEnded
}

func (s *stopping) Transact(ctx context.Context, writes []table.Write) error {
	return s.write(func() error { return s.Table.Transact(ctx, writes) })
}

func (s *stopping) Put(ctx context.Context, i table.Item, c table.Condition) (rev string, err error) {
	err = s.write(func() (err error) { rev, err = s.Table.Put(ctx, i, c); return err })
	return rev, err
}

func (s *stopping) Delete(ctx context.Context, k table.Key, c table.Condition) error {
	return s.write(func() error { return s.Table.Delete(ctx, k, c) })
}

// atEveryWrite does something in a process that ends at one of its writes, each in turn,
// and then has the rest done by another one.
func atEveryWrite(t *testing.T, prepare func(t *testing.T, f fixture), do func(c *catalog.Service) error, finish func(t *testing.T, f fixture)) {
	t.Helper()
	for at := 1; ; at++ {
		for _, happened := range []bool{false, true} {
			f := newFixture(t)
			prepare(t, f)
			tab := &stopping{Table: f.table, left: at, done: happened}
			err := do(instance(t, tab, f.host))
			if tab.writes < at {
				if err != nil || at < 3 {
					t.Fatalf("%d writes and %v", tab.writes, err)
				}
				return
			}
			t.Logf("ended at write %d (happened: %t): %v", at, happened, err)
			finish(t, f)
		}
	}
}

func components(prefix string, n int) string {
	var docs []string
	for i := range n {
		docs = append(docs, component(fmt.Sprintf("%s-%d", prefix, i), ""))
	}
	return documents(docs...)
}

const rootFile = base + "apps/root/-/blob/main/all.yaml"

// registerTree registers a file that leads to files of its own and another project, one of
// which takes several transactions.
func registerTree(t *testing.T, f fixture) {
	t.Helper()
	f.host.push("apps/root", "main", map[string]string{
		"all.yaml": documents(location("all", "./big.yaml", base+"apps/other/-/blob/main/info.yaml"), components("root", 24)), "big.yaml": components("big", 25),
		"next.yaml": component("next", ""),
	})
	f.host.push("apps/other", "main", map[string]string{"info.yaml": documents(location("deep", "./deep.yaml"), component("other", "")), "deep.yaml": component("deep", "")})
	if _, err := f.RegisterLocation(context.Background(), "user:default/jane", rootFile); err != nil {
		t.Fatal(err)
	}
}

// known gives what is stored of files.
func (f fixture) known(t *testing.T) (out []string) {
	t.Helper()
	for _, project := range []string{"apps/root", "apps/other"} {
		err := table.Each(context.Background(), f.table, table.Query{PK: "SOURCES#" + project}, func(i table.Item) error {
			out = append(out, project+" "+i.SK)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func (f fixture) ingestAll(t *testing.T) {
	t.Helper()
	for _, project := range []string{"apps/root", "apps/other"} {
		if _, err := f.IngestProject(context.Background(), project, "main", false); err != nil {
			t.Fatalf("ingesting %s: %v", project, err)
		}
	}
}

func TestAnInterruptedRemovalIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	remove := func(c *catalog.Service) error {
		loc, err := c.LocationByTarget(context.Background(), rootFile)
		if errors.Is(err, errs.NotFound) {
			err = nil
		}
		if err != nil || loc.ID == "" {
			return err
		}
		return c.RemoveLocation(context.Background(), "user:default/jane", loc.ID, catalog.Guard{})
	}
	atEveryWrite(t, registerTree, remove, func(t *testing.T, f fixture) {
		if err := remove(f.Service); err != nil {
			t.Fatal(err)
		}
		if left := f.refs(t); len(left) > 0 {
			t.Fatalf("entities without location: %v", left)
		}
		if left := f.known(t); len(left) > 0 {
			t.Fatalf("files without location: %v", left)
		}
	})
}

func TestAnInterruptedMoveOfALocationIsFinishedByReading(t *testing.T) {
	t.Parallel()
	const next = base + "apps/root/-/blob/main/next.yaml"
	var id string
	atEveryWrite(t, func(t *testing.T, f fixture) {
		registerTree(t, f)
		loc, err := f.LocationByTarget(context.Background(), rootFile)
		if err != nil {
			t.Fatal(err)
		}
		id = loc.ID
	}, func(c *catalog.Service) error {
		_, err := c.UpdateLocation(context.Background(), "user:default/jane", id, next, "")
		return err
	}, func(t *testing.T, f fixture) {
		if _, err := f.UpdateLocation(context.Background(), "user:default/jane", id, next, ""); err != nil {
			t.Fatal(err)
		}
		f.ingestAll(t)
		got := f.refs(t)
		if _, there := got["component:default/next"]; !there || len(got) != 2 {
			t.Fatalf("%d entities: %v", len(got), got)
		}
		if diff := cmp.Diff([]string{"apps/root main next.yaml"}, f.known(t)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What a file does not lead to any more goes, whatever comes in between, and so does what
// that led to.
func TestAnInterruptedDropIsFinishedByReading(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"fewer": location("all", "./next.yaml"), "none": component("alone", ""), "gone": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			atEveryWrite(t, func(t *testing.T, f fixture) {
				registerTree(t, f)
				f.host.push("apps/root", "main", map[string]string{"all.yaml": content})
			}, func(c *catalog.Service) error {
				_, err := c.IngestProject(context.Background(), "apps/root", "main", false)
				return err
			}, func(t *testing.T, f fixture) {
				f.ingestAll(t)
				f.ingestAll(t)
				want := map[string][]string{
					"fewer": {"component:default/next", "location:default/all"}, "none": {"component:default/alone"}, "gone": nil}[name]
				var got []string
				for ref := range f.refs(t) {
					if ref != generatedBy(t, f, rootFile) {
						got = append(got, ref)
					}
				}
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatal(diff)
				}
				if files := f.known(t); len(files) > 2 {
					t.Fatalf("still known: %v", files)
				}
			})
		})
	}
}

// generatedBy gives the ref of the entity that stands for a registered location.
func generatedBy(t *testing.T, f fixture, target string) string {
	t.Helper()
	loc, err := f.LocationByTarget(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	return loc.EntityRef
}
