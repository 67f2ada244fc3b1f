package tabletest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/table"
)

func expiryParts() []part {
	return []part{
		{"an expiry reads as it was written, to the second", expiryReads},
		{"an expired item is not read", expiredNotRead},
		{"an expired item counts as absent", expiredIsAbsent},
		{"an expired item counts as absent in a transaction", expiredIsAbsentInTransaction},
		{"an item expires as time passes", expiresInTime},
	}
}

func expiring(k table.Key, at time.Time) table.Item {
	return table.Item{Key: k, Body: []byte("x"), Expires: at}
}

func expiryReads(t *testing.T, h Harness) {
	at := h.Now().Add(time.Hour).Truncate(time.Second).Add(700 * time.Millisecond)
	k := key("p", "s")
	mustPut(t, h, expiring(k, at), table.Always)
	got, err := h.Table.Get(t.Context(), k)
	if err != nil || !got.Expires.Equal(at.Truncate(time.Second)) {
		t.Fatalf("expires %v, want %v; %v", got.Expires, at, err)
	}
	page, err := h.Table.Query(t.Context(), table.Query{PK: "p"})
	if err != nil || len(page.Items) != 1 || !page.Items[0].Expires.Equal(got.Expires) {
		t.Fatalf("a query reads %+v, %v", page, err)
	}
	mustPut(t, h, item(k, "for ever"), table.Present)
	if got, err = h.Table.Get(t.Context(), k); err != nil || !got.Expires.IsZero() {
		t.Fatalf("after a put without expiry it expires %v; %v", got.Expires, err)
	}
}

func expiredNotRead(t *testing.T, h Harness) {
	var want []string
	for i, name := range putMany(t, h, "p", 20, "x") {
		if i%3 == 0 {
			want = append(want, name)
			continue
		}
		mustPut(t, h, expiring(key("p", name), h.Now().Add(-time.Second)), table.Always)
		wantAbsent(t, h, key("p", name))
	}
	for _, limit := range []int{0, 1, 2, 5} {
		if diff := cmp.Diff(want, sortKeys(readAll(t, h, table.Query{PK: "p", Limit: limit}))); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
		}
	}
	// Times long gone are times too, not "never".
	for _, at := range []time.Time{time.Unix(0, 0), time.Unix(-1, 0), time.Unix(1, 0)} {
		mustPut(t, h, expiring(key("p", "old"), at), table.Always)
		wantAbsent(t, h, key("p", "old"))
	}
}

func expiredIsAbsent(t *testing.T, h Harness) {
	k := key("p", "s")
	old := mustPut(t, h, expiring(k, h.Now().Add(-time.Second)), table.Always)
	for _, cond := range []table.Condition{table.Present, table.AtRevision(old)} {
		_, err := h.Table.Put(t.Context(), item(k, "y"), cond)
		wantFailed(t, err, 0, k)
		wantFailed(t, h.Table.Delete(t.Context(), k, cond), 0, k)
	}
	mustDelete(t, h, k, table.Absent)
	mustPut(t, h, expiring(k, h.Now().Add(-time.Second)), table.Absent)
	mustDelete(t, h, k, table.Always)
	mustPut(t, h, expiring(k, h.Now().Add(-time.Second)), table.Absent)
	again := mustPut(t, h, item(k, "new"), table.Absent)
	if again == old {
		t.Fatal("the revision of an expired item came back")
	}
	wantBody(t, h, k, "new")
}

func expiredIsAbsentInTransaction(t *testing.T, h Harness) {
	k, other := key("p", "s"), key("p", "other")
	old := mustPut(t, h, expiring(k, h.Now().Add(-time.Second)), table.Always)
	with := func(w table.Write) error {
		return h.Table.Transact(t.Context(), []table.Write{table.PutWrite(item(other, "x"), table.Absent), w})
	}
	for _, cond := range []table.Condition{table.Present, table.AtRevision(old)} {
		wantFailed(t, with(table.CheckWrite(k, cond)), 1, k)
		wantFailed(t, with(table.DeleteWrite(k, cond)), 1, k)
		wantFailed(t, with(table.PutWrite(item(k, "y"), cond)), 1, k)
	}
	wantAbsent(t, h, other)
	if err := with(table.CheckWrite(k, table.Absent)); err != nil {
		t.Fatal(err)
	}
	mustDelete(t, h, other, table.Present)
	if err := with(table.PutWrite(item(k, "new"), table.Absent)); err != nil {
		t.Fatal(err)
	}
	wantBody(t, h, k, "new")
}

func expiresInTime(t *testing.T, h Harness) {
	if h.Advance == nil {
		t.Skip("the time of this table can't be moved")
	}
	k := key("p", "s")
	revision := mustPut(t, h, expiring(k, h.Now().Add(time.Minute)), table.Absent)
	wantBody(t, h, k, "x")
	h.Advance(30 * time.Second)
	wantBody(t, h, k, "x")
	// Renewing at the revision moves the end.
	revision = mustPut(t, h, expiring(k, h.Now().Add(time.Minute)), table.AtRevision(revision))
	h.Advance(45 * time.Second)
	wantBody(t, h, k, "x")
	h.Advance(16 * time.Second)
	wantAbsent(t, h, k)
	_, err := h.Table.Put(t.Context(), item(k, "late"), table.AtRevision(revision))
	wantFailed(t, err, 0, k)
	mustPut(t, h, item(k, "next"), table.Absent)
}
