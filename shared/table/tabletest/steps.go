package tabletest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

func key(pk, sk string) table.Key { return table.Key{PK: pk, SK: sk} }

func item(k table.Key, body string) table.Item { return table.Item{Key: k, Body: []byte(body)} }

// mustPut writes and gives the revision.
func mustPut(t *testing.T, h Harness, i table.Item, cond table.Condition) string {
	t.Helper()
	revision, err := h.Table.Put(t.Context(), i, cond)
	if err != nil {
		t.Fatalf("putting %s/%s: %v", i.PK, i.SK, err)
	}
	if revision == "" {
		t.Fatalf("putting %s/%s gave no revision", i.PK, i.SK)
	}
	return revision
}

func mustDelete(t *testing.T, h Harness, k table.Key, cond table.Condition) {
	t.Helper()
	if err := h.Table.Delete(t.Context(), k, cond); err != nil {
		t.Fatalf("deleting %s/%s: %v", k.PK, k.SK, err)
	}
}

// wantBody reads k and compares; it gives the item's revision.
func wantBody(t *testing.T, h Harness, k table.Key, body string) string {
	t.Helper()
	got, err := h.Table.Get(t.Context(), k)
	if err != nil {
		t.Fatalf("getting %s/%s: %v", k.PK, k.SK, err)
	}
	if string(got.Body) != body || got.Key != k {
		t.Fatalf("item %s/%s holds %.80q under %v, want %.80q", k.PK, k.SK, got.Body, got.Key, body)
	}
	return got.Revision
}

func wantAbsent(t *testing.T, h Harness, k table.Key) {
	t.Helper()
	got, err := h.Table.Get(t.Context(), k)
	wantKind(t, err, errs.NotFound)
	if got.Revision != "" || got.Body != nil {
		t.Fatalf("an absent item has content: %+v", got)
	}
}

func wantKind(t *testing.T, err error, kind errs.Kind) {
	t.Helper()
	if !errors.Is(err, kind) || errs.KindOf(err) != kind {
		t.Fatalf("error is %v (%s), want kind %s", err, errs.KindOf(err), kind)
	}
}

// wantFailed checks that the condition of write index, on key k, did not hold.
func wantFailed(t *testing.T, err error, index int, k table.Key) {
	t.Helper()
	wantKind(t, err, errs.Conflict)
	var failed *table.ConditionError
	if !errors.As(err, &failed) {
		t.Fatalf("error is %v, want a *table.ConditionError", err)
	}
	if failed.Index != index || failed.Key != k {
		t.Fatalf("write %d on %v failed, want %d on %v", failed.Index, failed.Key, index, k)
	}
}

// putMany stores bodies under numbered sort keys s000, s001 … of partition pk.
func putMany(t *testing.T, h Harness, pk string, n int, body string) []string {
	t.Helper()
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("s%03d", i)
		mustPut(t, h, item(key(pk, names[i]), body), table.Always)
	}
	return names
}

// readAll follows a query from page to page and gives the pages.
func readAll(t *testing.T, h Harness, q table.Query) []table.Page {
	t.Helper()
	var pages []table.Page
	for range 1000 {
		page, err := h.Table.Query(t.Context(), q)
		if err != nil {
			t.Fatalf("querying %+v: %v", q, err)
		}
		if q.Limit > 0 && len(page.Items) > q.Limit {
			t.Fatalf("a page of %d items although the limit is %d", len(page.Items), q.Limit)
		}
		pages = append(pages, page)
		if page.Next == "" {
			return pages
		}
		q.After = page.Next
	}
	t.Fatal("the query does not end")
	return nil
}

func sortKeys(pages []table.Page) []string {
	var names []string
	for _, p := range pages {
		for _, i := range p.Items {
			names = append(names, i.SK)
		}
	}
	return names
}
