package tabletest

import (
	"testing"

	"github.com/slipwayhq/slipway/shared/table"
)

func transactParts() []part {
	return []part{
		{"a transaction makes all writes", transactAll},
		{"a transaction makes none when one condition fails", transactNone},
		{"the first failing write is named", transactNamesFirst},
		{"a check holds a transaction without writing", transactCheck},
		{"conditions see the state before the transaction", transactSeesBefore},
		{"a transaction spans partitions", transactSpans},
		{"written revisions are new in a transaction", transactRevisions},
	}
}

func transactAll(t *testing.T, h Harness) {
	old := mustPut(t, h, item(key("p", "old"), "1"), table.Always)
	mustPut(t, h, item(key("p", "gone"), "1"), table.Always)
	err := h.Table.Transact(t.Context(), []table.Write{
		table.PutWrite(item(key("p", "new"), "new"), table.Absent),
		table.PutWrite(item(key("p", "old"), "2"), table.AtRevision(old)),
		table.DeleteWrite(key("p", "gone"), table.Present),
		table.DeleteWrite(key("p", "never"), table.Always),
	})
	if err != nil {
		t.Fatal(err)
	}
	wantBody(t, h, key("p", "new"), "new")
	wantBody(t, h, key("p", "old"), "2")
	wantAbsent(t, h, key("p", "gone"))
}

func transactNone(t *testing.T, h Harness) {
	mustPut(t, h, item(key("p", "taken"), "1"), table.Always)
	for index := range 3 {
		writes := []table.Write{
			table.PutWrite(item(key("p", "a"), "x"), table.Always),
			table.PutWrite(item(key("p", "b"), "x"), table.Absent),
		}
		taken := table.PutWrite(item(key("p", "taken"), "2"), table.Absent)
		writes = append(writes[:index:index], append([]table.Write{taken}, writes[index:]...)...)
		wantFailed(t, h.Table.Transact(t.Context(), writes), index, key("p", "taken"))
	}
	wantAbsent(t, h, key("p", "a"))
	wantAbsent(t, h, key("p", "b"))
	wantBody(t, h, key("p", "taken"), "1")
}

func transactNamesFirst(t *testing.T, h Harness) {
	mustPut(t, h, item(key("p", "there"), "1"), table.Always)
	err := h.Table.Transact(t.Context(), []table.Write{
		table.PutWrite(item(key("p", "fine"), "x"), table.Always),
		table.CheckWrite(key("p", "missing"), table.Present),
		table.PutWrite(item(key("p", "there"), "2"), table.Absent),
		table.DeleteWrite(key("p", "missing too"), table.Present),
	})
	wantFailed(t, err, 1, key("p", "missing"))
	if index, ok := table.FailedCondition(err); !ok || index != 1 {
		t.Fatalf("FailedCondition gives %d, %v", index, ok)
	}
}

func transactCheck(t *testing.T, h Harness) {
	guard := key("p", "guard")
	revision := mustPut(t, h, item(guard, "1"), table.Always)
	write := func(cond table.Condition) error {
		return h.Table.Transact(t.Context(), []table.Write{
			table.PutWrite(item(key("p", "a"), "x"), table.Always), table.CheckWrite(guard, cond),
		})
	}
	wantFailed(t, write(table.Absent), 1, guard)
	wantFailed(t, write(table.AtRevision("another")), 1, guard)
	wantAbsent(t, h, key("p", "a"))
	if err := write(table.AtRevision(revision)); err != nil {
		t.Fatal(err)
	}
	if after := wantBody(t, h, guard, "1"); after != revision {
		t.Fatal("a check changed the revision")
	}
	mustPut(t, h, item(guard, "2"), table.Always)
	wantFailed(t, write(table.AtRevision(revision)), 1, guard)
}

func transactSeesBefore(t *testing.T, h Harness) {
	a, b := key("p", "a"), key("p", "b")
	err := h.Table.Transact(t.Context(), []table.Write{
		table.PutWrite(item(a, "x"), table.Absent), table.PutWrite(item(b, "x"), table.Absent),
	})
	if err != nil {
		t.Fatal(err)
	}
	err = h.Table.Transact(t.Context(), []table.Write{
		table.DeleteWrite(a, table.Present), table.CheckWrite(b, table.Absent),
	})
	wantFailed(t, err, 1, b)
	wantBody(t, h, a, "x")
}

func transactSpans(t *testing.T, h Harness) {
	mustPut(t, h, item(key("p2", "s"), "1"), table.Always)
	err := h.Table.Transact(t.Context(), []table.Write{
		table.PutWrite(item(key("p1", "s"), "x"), table.Absent),
		table.PutWrite(item(key("p2", "s"), "x"), table.Absent),
		table.PutWrite(item(key("p3", "s"), "x"), table.Absent),
	})
	wantFailed(t, err, 1, key("p2", "s"))
	wantAbsent(t, h, key("p1", "s"))
	wantAbsent(t, h, key("p3", "s"))
}

func transactRevisions(t *testing.T, h Harness) {
	a, b := key("p", "a"), key("p", "b")
	stale := mustPut(t, h, item(a, "0"), table.Always)
	seen := map[string]bool{stale: true}
	for range 3 {
		err := h.Table.Transact(t.Context(), []table.Write{
			table.PutWrite(item(a, "x"), table.Always), table.PutWrite(item(b, "x"), table.Always),
		})
		if err != nil {
			t.Fatal(err)
		}
		seen[wantBody(t, h, a, "x")], seen[wantBody(t, h, b, "x")] = true, true
	}
	if len(seen) != 7 {
		t.Fatalf("7 writes made %d revisions", len(seen))
	}
	_, err := h.Table.Put(t.Context(), item(a, "y"), table.AtRevision(stale))
	wantFailed(t, err, 0, a)
}
