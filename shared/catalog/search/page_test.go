package search

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func numbered(tb testing.TB, n int) *documents {
	tb.Helper()
	x, err := newIndex()
	if err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		name := fmt.Sprintf("c%03d", i)
		x.put(name, parts{uid: fmt.Sprintf("%08x", n-i), name: name, typ: "service", namespace: "default", kind: "Component"}.pack())
	}
	x.settle()
	return x
}

func TestPages(t *testing.T) {
	t.Parallel()
	x, pool := numbered(t, 130), &scratches{}
	for _, c := range []struct {
		limit          int
		cursor         string
		rows, first    int
		next, previous string
	}{
		{0, "", 25, 1, "MQ==", ""},
		{0, "MQ==", 25, 26, "Mg==", "MA=="},
		{0, "MQ", 25, 26, "Mg==", "MA=="},
		{0, "NQ==", 5, 126, "", "NA=="},
		{0, "Ng==", 0, 0, "", "NQ=="},
		{0, "zzz", 0, 0, "", ""},
		{0, "LTE=", 0, 0, "", ""},
		{0, "=", 25, 1, "MQ==", ""},
		{0, cursorOf(maxPages), 0, 0, "", cursorOf(maxPages - 1)},
		{0, cursorOf(maxPages + 1), 0, 0, "", ""},
		{100, "MQ==", 30, 101, "", "MA=="},
		{-31, "", 99, 1, "MQ==", ""},
		{-1, "", 100, 1, "MQ==", ""}, // Backstage: 129
		{-1, "MQ==", 0, 0, "Mg==", "MA=="},
		{-500, "", 0, 0, "MQ==", ""},
	} {
		page := x.search(Query{PageLimit: c.limit, Cursor: c.cursor}, Tags{}, pool)
		first := 0
		if len(page.Results) > 0 {
			first = page.Results[0].Rank
		}
		if page.Total != 130 || len(page.Results) != c.rows || first != c.first || page.Next != c.next || page.Previous != c.previous {
			t.Errorf("limit %d, cursor %q: %d rows from %d, next %q, previous %q, %d in all, want %+v", c.limit, c.cursor, len(page.Results), first, page.Next, page.Previous, page.Total, c)
		}
	}
}

func TestPagesAreInTheOrderOfUids(t *testing.T) {
	t.Parallel()
	x, pool := numbered(t, 60), &scratches{}
	var names []string
	for cursor := ""; ; {
		page := x.search(Query{PageLimit: 7, Cursor: cursor}, Tags{}, pool)
		for _, r := range page.Results {
			names = append(names, r.Document.Title)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(names) != 60 || !slices.IsSortedFunc(names, func(a, b string) int { return -cmpText(a, b) }) {
		t.Errorf("pages give %v", names)
	}
}

func cmpText(a, b string) int { return slices.Compare([]byte(a), []byte(b)) }

func TestTopIsTheBeginningOfAll(t *testing.T) {
	t.Parallel()
	x := numbered(t, 50)
	rapid.Check(t, func(t *rapid.T) {
		var hits []hit
		for slot := range x.slots {
			hits = append(hits, hit{rapid.Int64Range(0, 3).Draw(t, "score"), uint32(slot)})
		}
		from := rapid.IntRange(0, 50).Draw(t, "from")
		to := rapid.IntRange(from, 50).Draw(t, "to")
		want := slices.SortedFunc(slices.Values(hits), x.order)[from:to]
		got := x.top(slices.Values(hits), from, to)
		if len(want)+len(got) > 0 && !cmp.Equal(want, got, cmp.AllowUnexported(hit{})) {
			t.Fatalf("%d to %d of %v: %v", from, to, hits, got)
		}
	})
}

// A sweep happens by itself when most slots have been left, and terms nobody uses go with it.
func TestMemoryFollowsTheDocuments(t *testing.T) {
	t.Parallel()
	x := numbered(t, 10)
	for i := range 5 * minSweep {
		x.put("c000", parts{uid: "0a", name: "c000", text: fmt.Sprintf("once%d", i), typ: "service", namespace: "default", kind: "Component"}.pack())
		x.settle()
	}
	if len(x.slots) > 2*minSweep+10 || len(x.terms.text) > 2*minSweep+100 {
		t.Errorf("10 documents take %d slots and %d terms", len(x.slots), len(x.terms.text))
	}
	if page := x.search(Query{Term: fmt.Sprintf("once%d", 5*minSweep-1)}, Tags{"[", "]"}, &scratches{}); page.Results[0].Highlight["text"] != "[once5119]" {
		t.Errorf("the last text is found as %+v", page.Results[0])
	}
}

// A cursor never does more than lead nowhere.
func FuzzCursor(f *testing.F) {
	for _, s := range []string{"", "MQ==", "zzz", "LTE=", "=", "\xff", "MS41", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "IDEg", "MQ", "M Q = ="} {
		f.Add(s, 25)
	}
	x, pool := numbered(f, 30), &scratches{}
	f.Fuzz(func(t *testing.T, cursor string, limit int) {
		limit %= MaxPage * MaxPage
		page := x.search(Query{Cursor: cursor, PageLimit: min(limit, MaxPage)}, Tags{}, pool)
		if page.Total != 30 || len(page.Results) > 30 {
			t.Fatalf("%q: %d of %d", cursor, len(page.Results), page.Total)
		}
	})
}
