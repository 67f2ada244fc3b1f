package tabletest

import (
	"context"
	"errors"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

func writeParts() []part {
	return []part{
		{"an item reads as it was written", readsAsWritten},
		{"an item is created once", createdOnce},
		{"a stale revision does not write", staleRevision},
		{"an unconditional put replaces", unconditionalPut},
		{"present needs an item", presentNeedsItem},
		{"an empty revision never holds", emptyRevision},
		{"delete removes", deleteRemoves},
		{"delete holds to its condition", deleteHoldsToCondition},
		{"a revision is not reused after delete", revisionNotReused},
		{"every write makes a new revision", revisionsDiffer},
		{"a cancelled call writes nothing", cancelledCall},
	}
}

func readsAsWritten(t *testing.T, h Harness) {
	for name, body := range map[string]string{
		"json": `{"a":"é","b":[1,2]}`, "empty": "", "nul": "a\x00b", "binary": "\xff\x00\xfe",
		"half a rune": "\xe6\x97", "not normal": "e\u0301", "long": string(make([]byte, 100_000)),
	} {
		k := key("p", name)
		revision := mustPut(t, h, item(k, body), table.Always)
		if got := wantBody(t, h, k, body); got != revision {
			t.Errorf("%s: revision %q after a put that gave %q", name, got, revision)
		}
	}
	if got, _ := h.Table.Get(t.Context(), key("p", "json")); !got.Expires.IsZero() {
		t.Errorf("an item without expiry expires %v", got.Expires)
	}
	wantAbsent(t, h, key("p", "other"))
	wantAbsent(t, h, key("other", "json"))
}

func createdOnce(t *testing.T, h Harness) {
	k := key("p", "s")
	mustPut(t, h, item(k, "first"), table.Absent)
	_, err := h.Table.Put(t.Context(), item(k, "second"), table.Absent)
	wantFailed(t, err, 0, k)
	wantBody(t, h, k, "first")
}

func staleRevision(t *testing.T, h Harness) {
	k := key("p", "s")
	first := mustPut(t, h, item(k, "1"), table.Absent)
	second := mustPut(t, h, item(k, "2"), table.AtRevision(first))
	_, err := h.Table.Put(t.Context(), item(k, "3"), table.AtRevision(first))
	wantFailed(t, err, 0, k)
	wantBody(t, h, k, "2")
	mustPut(t, h, item(k, "4"), table.AtRevision(second))
	_, err = h.Table.Put(t.Context(), item(key("p", "none"), "x"), table.AtRevision(second))
	wantFailed(t, err, 0, key("p", "none"))
	wantAbsent(t, h, key("p", "none"))
}

func unconditionalPut(t *testing.T, h Harness) {
	k := key("p", "s")
	mustPut(t, h, item(k, "long body"), table.Always)
	mustPut(t, h, item(k, "x"), table.Always)
	wantBody(t, h, k, "x")
	// The revision in an item is the table's to give.
	i := item(k, "y")
	i.Revision = "made up"
	if got := mustPut(t, h, i, table.Always); got == "made up" {
		t.Fatal("the table took the caller's revision")
	}
}

func presentNeedsItem(t *testing.T, h Harness) {
	k := key("p", "s")
	_, err := h.Table.Put(t.Context(), item(k, "x"), table.Present)
	wantFailed(t, err, 0, k)
	wantAbsent(t, h, k)
	mustPut(t, h, item(k, "1"), table.Absent)
	mustPut(t, h, item(k, "2"), table.Present)
	wantBody(t, h, k, "2")
}

func emptyRevision(t *testing.T, h Harness) {
	k := key("p", "s")
	_, err := h.Table.Put(t.Context(), item(k, "x"), table.AtRevision(""))
	wantFailed(t, err, 0, k)
	mustPut(t, h, item(k, "1"), table.Absent)
	_, err = h.Table.Put(t.Context(), item(k, "2"), table.AtRevision(""))
	wantFailed(t, err, 0, k)
	wantFailed(t, h.Table.Delete(t.Context(), k, table.AtRevision("")), 0, k)
	wantBody(t, h, k, "1")
}

func deleteRemoves(t *testing.T, h Harness) {
	k := key("p", "s")
	mustDelete(t, h, k, table.Always) // nothing there: succeeds
	mustPut(t, h, item(k, "1"), table.Absent)
	mustPut(t, h, item(key("p", "s2"), "stays"), table.Absent)
	mustDelete(t, h, k, table.Always)
	wantAbsent(t, h, k)
	wantBody(t, h, key("p", "s2"), "stays")
	mustPut(t, h, item(k, "2"), table.Absent)
}

func deleteHoldsToCondition(t *testing.T, h Harness) {
	k := key("p", "s")
	wantFailed(t, h.Table.Delete(t.Context(), k, table.Present), 0, k)
	mustDelete(t, h, k, table.Absent)
	old := mustPut(t, h, item(k, "1"), table.Absent)
	now := mustPut(t, h, item(k, "2"), table.Always)
	wantFailed(t, h.Table.Delete(t.Context(), k, table.Absent), 0, k)
	wantFailed(t, h.Table.Delete(t.Context(), k, table.AtRevision(old)), 0, k)
	wantBody(t, h, k, "2")
	mustDelete(t, h, k, table.AtRevision(now))
	wantAbsent(t, h, k)
	wantFailed(t, h.Table.Delete(t.Context(), k, table.AtRevision(now)), 0, k)
}

func revisionNotReused(t *testing.T, h Harness) {
	k := key("p", "s")
	old := mustPut(t, h, item(k, "same"), table.Absent)
	mustDelete(t, h, k, table.AtRevision(old))
	again := mustPut(t, h, item(k, "same"), table.Absent)
	if again == old {
		t.Fatal("the item made again has its old revision")
	}
	_, err := h.Table.Put(t.Context(), item(k, "overwritten"), table.AtRevision(old))
	wantFailed(t, err, 0, k)
	wantFailed(t, h.Table.Transact(t.Context(), []table.Write{table.DeleteWrite(k, table.AtRevision(old))}), 0, k)
	wantBody(t, h, k, "same")
}

func revisionsDiffer(t *testing.T, h Harness) {
	seen := map[string]bool{}
	for range 20 {
		for _, k := range []table.Key{key("p", "a"), key("p", "b"), key("q", "a")} {
			seen[mustPut(t, h, item(k, "same"), table.Always)] = true
		}
	}
	if len(seen) != 60 {
		t.Fatalf("60 writes made %d revisions", len(seen))
	}
}

func cancelledCall(t *testing.T, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k := key("p", "s")
	_, put := h.Table.Put(ctx, item(k, "x"), table.Always)
	transact := h.Table.Transact(ctx, []table.Write{table.PutWrite(item(k, "x"), table.Always)})
	_, get := h.Table.Get(ctx, k)
	_, query := h.Table.Query(ctx, table.Query{PK: "p"})
	remove := h.Table.Delete(ctx, k, table.Always)
	for name, err := range map[string]error{"put": put, "transact": transact, "get": get, "query": query, "delete": remove} {
		if !errors.Is(err, context.Canceled) || errs.KindOf(err) != errs.Unavailable {
			t.Errorf("a cancelled %s gives %v (%s)", name, err, errs.KindOf(err))
		}
	}
	wantAbsent(t, h, k)
}
