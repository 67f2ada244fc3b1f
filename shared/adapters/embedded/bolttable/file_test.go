package bolttable_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
)

func open(t *testing.T, path string) *bolttable.File {
	t.Helper()
	f, err := bolttable.Open(bolttable.Config{Path: path, Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestSecondProcessGetsAConflict(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "slipway.db")
	open(t, path)
	_, err := bolttable.Open(bolttable.Config{Path: path, Clock: clock.System{}, IDs: ids.Random{}})
	if !errors.Is(err, errs.Conflict) || !strings.Contains(errs.Message(err), "another Slipway process") {
		t.Fatalf("opening twice gives %v", err)
	}
}

func TestItemsSurviveReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slipway.db")
	f := open(t, path)
	tab, err := f.Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	key := table.Key{PK: "p", SK: "s"}
	rev, err := tab.Put(t.Context(), table.Item{Key: key, Body: []byte("x"), Expires: time.Now().Add(time.Hour)}, table.Absent)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	tab, err = open(t, path).Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	got, err := tab.Get(t.Context(), key)
	if err != nil || got.Revision != rev || string(got.Body) != "x" {
		t.Fatalf("after reopening: %+v, %v", got, err)
	}
}

func TestSweepRemovesExpiredItemsOnly(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(time.Unix(1_800_000_000, 0))
	f, err := bolttable.Open(bolttable.Config{
		Path: filepath.Join(t.TempDir(), "slipway.db"), Clock: c, IDs: ids.Random{},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	for _, name := range []string{"a", "b"} {
		fill(t, f, name, c.Now())
	}
	want := func(removed int) {
		t.Helper()
		if n, err := f.Sweep(t.Context()); n != removed || err != nil {
			t.Fatalf("swept %d items, want %d: %v", n, removed, err)
		}
	}
	want(0)
	c.Advance(time.Minute)
	want(2 * 600)
	want(0)
	c.Advance(time.Hour)
	want(2)
	for _, name := range []string{"a", "b"} {
		tab, err := f.Table(name)
		if err != nil {
			t.Fatal(err)
		}
		if page, err := tab.Query(t.Context(), table.Query{PK: "p"}); err != nil || len(page.Items) != 1 {
			t.Fatalf("%d items are left: %v", len(page.Items), err)
		}
	}
}

// fill makes 600 items that expire in a minute, one in an hour and one that stays.
func fill(t *testing.T, f *bolttable.File, name string, now time.Time) {
	t.Helper()
	tab, err := f.Table(name)
	if err != nil {
		t.Fatal(err)
	}
	put := func(sk string, at time.Time) table.Write {
		return table.PutWrite(table.Item{Key: table.Key{PK: "p", SK: sk}, Expires: at}, table.Always)
	}
	for i := range 6 {
		var writes []table.Write
		for j := range 100 {
			writes = append(writes, put(fmt.Sprint(i*100+j), now.Add(time.Minute)))
		}
		if err := tab.Transact(t.Context(), writes); err != nil {
			t.Fatal(err)
		}
	}
	err = tab.Transact(t.Context(), []table.Write{put("hour", now.Add(time.Hour)), put("stays", time.Time{})})
	if err != nil {
		t.Fatal(err)
	}
}

func TestChangesSignalsCommittedWrites(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "slipway.db"))
	tab, err := f.Table("outbox")
	if err != nil {
		t.Fatal(err)
	}
	one, two, other := f.Changes("outbox"), f.Changes("outbox"), f.Changes("other")
	i := table.Item{Key: table.Key{PK: "p", SK: "s"}}
	if _, err := tab.Put(t.Context(), i, table.Present); err == nil {
		t.Fatal("a put of nothing succeeds")
	}
	wantSignals(t, 0, one, two, other)
	for range 3 {
		if _, err := tab.Put(t.Context(), i, table.Always); err != nil {
			t.Fatal(err)
		}
	}
	wantSignals(t, 1, one, two)
	wantSignals(t, 0, one, other)
	if err := tab.Transact(t.Context(), []table.Write{table.DeleteWrite(i.Key, table.Present)}); err != nil {
		t.Fatal(err)
	}
	wantSignals(t, 1, one, two)
	if err := tab.Delete(t.Context(), i.Key, table.Always); err != nil {
		t.Fatal(err)
	}
	wantSignals(t, 1, one, two)
}

func wantSignals(t *testing.T, want int, channels ...<-chan struct{}) {
	t.Helper()
	for i, c := range channels {
		if len(c) != want {
			t.Fatalf("channel %d holds %d signals, want %d", i, len(c), want)
		}
		if want > 0 {
			<-c
		}
	}
}

func TestTablesOfOneFileAreApart(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "slipway.db"))
	a, errA := f.Table("a")
	b, errB := f.Table("b")
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	i := table.Item{Key: table.Key{PK: "p", SK: "s"}}
	if _, err := a.Put(t.Context(), i, table.Absent); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(t.Context(), i.Key); !errors.Is(err, errs.NotFound) {
		t.Fatalf("another table gives %v", err)
	}
	for _, name := range []string{"", "A", "../a", "a/b", "é", strings.Repeat("a", 256)} {
		if _, err := f.Table(name); !errors.Is(err, errs.Invalid) {
			t.Errorf("a table called %q gives %v", name, err)
		}
	}
}

func TestClosedFileIsUnavailable(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "slipway.db"))
	tab, err := f.Table("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tab.Get(t.Context(), table.Key{PK: "p", SK: "s"}); !errors.Is(err, errs.Unavailable) {
		t.Fatalf("reading a closed file gives %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatalf("closing twice gives %v", err)
	}
}
