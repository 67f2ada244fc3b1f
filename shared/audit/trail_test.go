package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/test/inmemory"
)

var morning = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func newTable(t *testing.T) table.Table {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	tab, err := file.Table("audit")
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func newTrail(t *testing.T, tab table.Table) *audit.Trail {
	t.Helper()
	trail, err := audit.New(audit.Deps{Table: tab, Clock: clock.System{}, Log: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	return trail
}

func numbered(n int) audit.Record {
	return audit.Record{
		ID: fmt.Sprintf("event-%d", n), Time: morning.Add(time.Duration(n) * time.Minute), Actor: fmt.Sprintf("user:default/u%d", n%2),
		Action: "app.create", Target: fmt.Sprintf("component:default/app-%d", n%3), Outcome: "succeeded",
		OperationID: fmt.Sprintf("op-%d", n%4), Detail: json.RawMessage(`{"note":"<&> ünïcode","n":1.50}`),
	}
}

func filled(t *testing.T, n int) (*audit.Trail, table.Table) {
	t.Helper()
	tab := newTable(t)
	trail := newTrail(t, tab)
	for i := range n {
		if err := trail.Append(context.Background(), numbered(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	return trail, tab
}

func verify(t *testing.T, trail *audit.Trail) audit.Verification {
	t.Helper()
	v, err := trail.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAWholeChainHolds(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 7} {
		trail, _ := filled(t, n)
		if v := verify(t, trail); v.Broken != nil || v.Records != int64(n) {
			t.Errorf("%d records: %+v, %+v", n, v, v.Broken)
		}
	}
}

func chainKey(n int) table.Key { return table.Key{PK: "CHAIN", SK: fmt.Sprintf("%016d", n)} }

// edit changes a stored record the way somebody with access to the table could.
func edit(t *testing.T, tab table.Table, n int, change func(string) string) {
	t.Helper()
	item, err := tab.Get(context.Background(), chainKey(n))
	if err != nil {
		t.Fatal(err)
	}
	before := string(item.Body)
	item.Body = []byte(change(before))
	if string(item.Body) == before {
		t.Fatal("the edit changes nothing")
	}
	if _, err := tab.Put(context.Background(), item, table.Always); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, tab table.Table, n int) {
	t.Helper()
	if err := tab.Delete(context.Background(), chainKey(n), table.Present); err != nil {
		t.Fatal(err)
	}
}

func stored(t *testing.T, tab table.Table, n int) []byte {
	t.Helper()
	item, err := tab.Get(context.Background(), chainKey(n))
	if err != nil {
		t.Fatal(err)
	}
	return item.Body
}

// tampering changes a chain of six records, and says where that shows.
type tampering struct {
	tamper func(t *testing.T, tab table.Table)
	want   audit.Break
}

// edits are made by somebody who does not understand the chain.
func edits() map[string]tampering {
	return map[string]tampering{
		"another actor": {want: audit.Break{Seq: 3, Reason: "the record was changed"},
			tamper: func(t *testing.T, tab table.Table) {
				edit(t, tab, 3, func(s string) string { return strings.Replace(s, "default/u1", "default/u9", 1) })
			}},
		"another time": {want: audit.Break{Seq: 2, Reason: "the record was changed"},
			tamper: func(t *testing.T, tab table.Table) {
				edit(t, tab, 2, func(s string) string { return strings.Replace(s, "09:02", "09:03", 1) })
			}},
		"a changed detail": {want: audit.Break{Seq: 4, Reason: "the record was changed"},
			tamper: func(t *testing.T, tab table.Table) {
				edit(t, tab, 4, func(s string) string { return strings.Replace(s, `"n":1.50`, `"n":1.5`, 1) })
			}},
		"a member more": {want: audit.Break{Seq: 1, Reason: "the record was changed"},
			tamper: func(t *testing.T, tab table.Table) {
				edit(t, tab, 1, func(s string) string { return `{"approvedBy":"user:default/eve",` + s[1:] })
			}},
		"no JSON": {want: audit.Break{Seq: 5, Reason: "the record is no record"},
			tamper: func(t *testing.T, tab table.Table) {
				edit(t, tab, 5, func(string) string { return "gone" })
			}},
		"the first removed":  {want: audit.Break{Seq: 1, Reason: "the record is missing"}, tamper: func(t *testing.T, tab table.Table) { remove(t, tab, 1) }},
		"one removed":        {want: audit.Break{Seq: 4, Reason: "the record is missing"}, tamper: func(t *testing.T, tab table.Table) { remove(t, tab, 4) }},
		"the newest removed": {want: audit.Break{Seq: 6, Reason: "the record is missing"}, tamper: func(t *testing.T, tab table.Table) { remove(t, tab, 6) }},
	}
}

// forgeries are made by somebody who does.
func forgeries() map[string]tampering {
	return map[string]tampering{
		"two swapped": {want: audit.Break{Seq: 2, Reason: "the record 5 stands in its place"},
			tamper: func(t *testing.T, tab table.Table) {
				two, five := string(stored(t, tab, 2)), string(stored(t, tab, 5))
				edit(t, tab, 2, func(string) string { return five })
				edit(t, tab, 5, func(string) string { return two })
			}},
		"one forged with a hash of its own": {want: audit.Break{Seq: 4, Reason: "the record does not follow the one before it"},
			tamper: func(t *testing.T, tab table.Table) {
				other, otherTable := filled(t, 2)
				r := numbered(3)
				r.Actor = "user:default/eve"
				if err := other.Append(context.Background(), r); err != nil {
					t.Fatal(err)
				}
				forged := string(stored(t, otherTable, 3))
				edit(t, tab, 3, func(string) string { return forged })
			}},
		"the newest forged with a hash of its own": {want: audit.Break{Seq: 6, Reason: "the head of the chain names another record"},
			tamper: func(t *testing.T, tab table.Table) {
				other, otherTable := filled(t, 5)
				r := numbered(6)
				r.Actor = "user:default/eve"
				if err := other.Append(context.Background(), r); err != nil {
					t.Fatal(err)
				}
				forged := string(stored(t, otherTable, 6))
				edit(t, tab, 6, func(string) string { return forged })
			}},
		"one more behind the head": {want: audit.Break{Seq: 7, Reason: "there is a record behind the head of the chain"},
			tamper: func(t *testing.T, tab table.Table) {
				_, otherTable := filled(t, 7)
				if _, err := tab.Put(context.Background(), table.Item{Key: chainKey(7), Body: stored(t, otherTable, 7)}, table.Absent); err != nil {
					t.Fatal(err)
				}
			}},
	}
}

func TestVerifyNamesTheFirstBrokenLink(t *testing.T) {
	t.Parallel()
	cases := edits()
	maps.Copy(cases, forgeries())
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trail, tab := filled(t, 6)
			c.tamper(t, tab)
			v := verify(t, trail)
			if v.Broken == nil {
				t.Fatal("nothing is found")
			}
			if diff := cmp.Diff(c.want, *v.Broken); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestConcurrentAppendsMakeOneChain(t *testing.T) {
	t.Parallel()
	tab := newTable(t)
	trails := []*audit.Trail{newTrail(t, tab), newTrail(t, tab)}
	const writers, each = 4, 8
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				r := numbered(w*each + i)
				for range 2 { // every event is delivered twice, to different instances
					if err := trails[(w+i)%2].Append(context.Background(), r); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if v := verify(t, trails[0]); v.Broken != nil || v.Records != writers*each {
		t.Fatalf("%+v %+v", v, v.Broken)
	}
}

func TestARedeliveredEventIsNotRecordedTwice(t *testing.T) {
	t.Parallel()
	trail, _ := filled(t, 3)
	before := verify(t, trail)
	changed := numbered(2)
	changed.Outcome = "failed"
	for _, r := range []audit.Record{numbered(1), changed, numbered(3)} {
		if err := trail.Append(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, verify(t, trail)); diff != "" {
		t.Fatal(diff)
	}
}

// lossy loses the answers to all transactions that it lets through.
type lossy struct {
	table.Table
	mu   sync.Mutex
	lost int
}

func (l *lossy) Transact(ctx context.Context, w []table.Write) error {
	err := l.Table.Transact(ctx, w)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && l.lost < 3 {
		l.lost++
		return errs.New(errs.Unavailable, "no answer")
	}
	return err
}

func TestALostAnswerIsNotRecordedTwice(t *testing.T) {
	t.Parallel()
	trail := newTrail(t, &lossy{Table: newTable(t)})
	for i := range 4 {
		if err := trail.Append(context.Background(), numbered(i)); err != nil {
			t.Fatal(err)
		}
	}
	if v := verify(t, trail); v.Records != 4 || v.Broken != nil {
		t.Fatalf("%+v", v)
	}
}

func TestRecordsThatCantBeKept(t *testing.T) {
	t.Parallel()
	trail, _ := filled(t, 0)
	for name, change := range map[string]func(*audit.Record){
		"no id":        func(r *audit.Record) { r.ID = "" },
		"no actor":     func(r *audit.Record) { r.Actor = "" },
		"no time":      func(r *audit.Record) { r.Time = time.Time{} },
		"long":         func(r *audit.Record) { r.Target = strings.Repeat("x", 1001) },
		"NUL":          func(r *audit.Record) { r.Action = "a\x00b" },
		"no UTF-8":     func(r *audit.Record) { r.Actor = "\xff" },
		"large detail": func(r *audit.Record) { r.Detail = json.RawMessage(`"` + strings.Repeat("x", 4096) + `"`) },
		"no JSON":      func(r *audit.Record) { r.Detail = json.RawMessage(`{`) },
	} {
		r := numbered(1)
		change(&r)
		if err := trail.Append(context.Background(), r); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if v := verify(t, trail); v.Records != 0 {
		t.Fatal("something was recorded")
	}
}
