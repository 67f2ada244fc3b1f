package bolttable

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
)

// round holds the file's writer while changes come in, and so makes them share a commit.
func round(t *testing.T, f *File, changes ...func() error) []error {
	t.Helper()
	tx, err := f.db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]error, len(changes))
	var wg sync.WaitGroup
	wg.Go(func() { // leads a round of its own, which waits for the writer
		_ = f.commits.update(context.Background(), func(*bolt.Tx) error { return nil })
	})
	for !busyAndAlone(f.commits) {
		runtime.Gosched()
	}
	for i, change := range changes {
		wg.Go(func() { out[i] = change() })
		for waiting(f.commits) != i+1 { // in this order
			runtime.Gosched()
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	return out
}

func waiting(c *committer) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}

func busyAndAlone(c *committer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.busy && len(c.waiting) == 0
}

func openShared(t *testing.T) (*File, table.Table) {
	t.Helper()
	f, err := Open(Config{Path: filepath.Join(t.TempDir(), "x.db"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	shared, err := f.Table("shared")
	if err != nil {
		t.Fatal(err)
	}
	return f, shared
}

// committed counts the commits of a file.
func committed(t *testing.T, f *File) (n int) {
	t.Helper()
	if err := f.db.View(func(tx *bolt.Tx) error { n = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func item(name string) table.Item {
	return table.Item{Key: table.Key{PK: "p", SK: name}, Body: []byte(`{}`)}
}

func TestChangesOfARoundSeeEachOther(t *testing.T) {
	t.Parallel()
	f, shared := openShared(t)
	put := func(name string) func() error {
		return func() error {
			_, err := shared.Put(t.Context(), item(name), table.Absent)
			return err
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	before := committed(t, f)
	got := round(t, f, put("a"), put("b"), put("a"), func() error {
		cancel() // while it waits, unless it was quicker: then it never came in
		return f.commits.update(ended, func(*bolt.Tx) error { t.Error("made after its context ended"); return nil })
	}, put("c"))
	for i, want := range []error{nil, nil, errs.Conflict, context.Canceled, nil} {
		if !errors.Is(got[i], want) {
			t.Errorf("change %d: %v, want %v", i, got[i], want)
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		if _, err := shared.Get(t.Context(), item(name).Key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := committed(t, f) - before; n != 2 { // of who came first, and of all others
		t.Errorf("%d commits", n)
	}
}

func TestABrokenChangeIsAloneWithIt(t *testing.T) {
	t.Parallel()
	f, shared := openShared(t)
	put := func(name string) func() error {
		return func() error { _, err := shared.Put(t.Context(), item(name), table.Absent); return err }
	}
	half := func() error { // its first write is made, its second fails
		return f.commits.update(t.Context(), func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte("shared"))
			return errors.Join(b.Put(encodeKey(item("half").Key), []byte("x")), errors.New("no"))
		})
	}
	panics := func() error {
		return f.commits.update(t.Context(), func(*bolt.Tx) error { panic("oh") })
	}
	got := round(t, f, put("a"), half, put("b"), panics, put("c"))
	for i, fails := range []bool{false, true, false, true, false} {
		if fails != (got[i] != nil) {
			t.Errorf("change %d: %v", i, got[i])
		}
	}
	for name, there := range map[string]bool{"a": true, "b": true, "c": true, "half": false} {
		if _, err := shared.Get(t.Context(), item(name).Key); there != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	t.Parallel()
	f, shared := openShared(t)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			for j := range 10 {
				if _, err := shared.Put(t.Context(), item(fmt.Sprintf("%d-%d", i, j)), table.Absent); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if f.commits.busy || len(f.commits.waiting) > 0 {
		t.Error("somebody still waits")
	}
	for i := range 40 {
		for j := range 10 {
			if _, err := shared.Get(t.Context(), item(fmt.Sprintf("%d-%d", i, j)).Key); err != nil {
				t.Error(err)
			}
		}
	}
}
