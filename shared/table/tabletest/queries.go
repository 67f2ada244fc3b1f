package tabletest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

func queryParts() []part {
	return []part{
		{"a query reads one partition", queryOnePartition},
		{"prefix and range select", querySelects},
		{"pages of seven hold everything once", queryPagesOfSeven},
		{"a page ends at 1 MB", queryPageBytes},
		{"sort keys are in order of their bytes", queryByteOrder},
		{"a cursor of something else is invalid", queryForeignCursor},
		{"a cursor outlives its item", queryCursorOutlives},
		{"a query agrees with a model", queryModel},
	}
}

func queryOnePartition(t *testing.T, h Harness) {
	want := putMany(t, h, "p", 3, "x")
	for _, neighbour := range []string{"o", "p ", "p1", "pp", "q"} {
		putMany(t, h, neighbour, 1, "other")
	}
	for _, descending := range []bool{false, true} {
		pages := readAll(t, h, table.Query{PK: "p", Descending: descending})
		got := sortKeys(pages)
		if descending {
			slices.Reverse(got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("descending %v (-want +got):\n%s", descending, diff)
		}
		for _, i := range pages[0].Items {
			if i.PK != "p" || string(i.Body) != "x" || i.Revision != wantBody(t, h, i.Key, "x") {
				t.Fatalf("a query reads %+v", i)
			}
		}
	}
	page, err := h.Table.Query(t.Context(), table.Query{PK: "empty"})
	if err != nil || len(page.Items) != 0 || page.Next != "" {
		t.Fatalf("an empty partition reads as %+v, %v", page, err)
	}
}

func querySelects(t *testing.T, h Harness) {
	for _, sk := range []string{"a", "a#", "a#1", "a#2", "a$", "b#1", "b#2", "c"} {
		mustPut(t, h, item(key("p", sk), "x"), table.Always)
	}
	for _, c := range []struct {
		q    table.Query
		want string
	}{
		{table.Query{Prefix: "a#"}, "a# a#1 a#2"},
		{table.Query{Prefix: "a"}, "a a# a#1 a#2 a$"},
		{table.Query{Prefix: "x"}, ""},
		{table.Query{From: "a#2", To: "b#2"}, "a#2 a$ b#1"},
		{table.Query{From: "b"}, "b#1 b#2 c"},
		{table.Query{From: "c"}, "c"},
		{table.Query{From: "d"}, ""},
		{table.Query{To: "a#"}, "a"},
		{table.Query{To: "a"}, ""},
		{table.Query{From: "b", To: "b"}, ""},
		{table.Query{From: "c", To: "a"}, ""},
		{table.Query{From: "b#1", To: "b#1!"}, "b#1"},
	} {
		for _, limit := range []int{0, 1, 2} {
			c.q.PK, c.q.Limit = "p", limit
			c.q.Descending = false
			up := sortKeys(readAll(t, h, c.q))
			c.q.Descending = true
			down := sortKeys(readAll(t, h, c.q))
			slices.Reverse(down)
			if want := strings.Fields(c.want); !slices.Equal(up, want) || !slices.Equal(down, want) {
				t.Errorf("%+v reads %q and back %q, want %q", c.q, up, down, want)
			}
		}
	}
}

func queryPagesOfSeven(t *testing.T, h Harness) {
	want := putMany(t, h, "p", 30, "x")
	putMany(t, h, "q", 2, "other")
	for _, descending := range []bool{false, true} {
		pages := readAll(t, h, table.Query{PK: "p", Limit: 7, Descending: descending})
		if len(pages) != 5 {
			t.Errorf("30 items come in %d pages of seven", len(pages))
		}
		got := sortKeys(pages)
		if descending {
			slices.Reverse(got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("descending %v (-want +got):\n%s", descending, diff)
		}
	}
	first, err := h.Table.Query(t.Context(), table.Query{PK: "p", Limit: 7})
	if err != nil {
		t.Fatal(err)
	}
	rest := sortKeys(readAll(t, h, table.Query{PK: "p", After: first.Next}))
	if diff := cmp.Diff(want[7:], rest); diff != "" {
		t.Errorf("behind the first page (-want +got):\n%s", diff)
	}
}

func queryPageBytes(t *testing.T, h Harness) {
	want := putMany(t, h, "p", 50, strings.Repeat("x", 50<<10))
	for _, descending := range []bool{false, true} {
		pages := readAll(t, h, table.Query{PK: "p", Descending: descending})
		got := sortKeys(pages)
		if descending {
			slices.Reverse(got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("descending %v (-want +got):\n%s", descending, diff)
		}
		if len(pages) < 3 {
			t.Errorf("2.5 MB come in %d pages", len(pages))
		}
		for _, p := range pages {
			size := 0
			for _, i := range p.Items {
				size += table.Size(i)
			}
			if size > table.MaxPageBytes+table.MaxItemBytes {
				t.Errorf("a page holds %d bytes", size)
			}
		}
	}
}

func queryByteOrder(t *testing.T, h Harness) {
	// U+FFFD is behind U+1F600 in UTF-16 but before it in UTF-8.
	names := []string{"!", "A", "Z", "a", "a\u0301", "aa", "z", "é", "ß", "\u07ff", "日本", "\uffee", "\ufffd", "\U0001f600", "\U0010ffff", "\x01", "\x7f", "10", "9"}
	for _, sk := range names {
		mustPut(t, h, item(key("p", sk), "x"), table.Always)
	}
	want := slices.Clone(names)
	slices.Sort(want) // Go compares bytes
	if diff := cmp.Diff(want, sortKeys(readAll(t, h, table.Query{PK: "p", Limit: 3}))); diff != "" {
		t.Errorf("ascending (-want +got):\n%s", diff)
	}
	slices.Reverse(want)
	if diff := cmp.Diff(want, sortKeys(readAll(t, h, table.Query{PK: "p", Limit: 3, Descending: true}))); diff != "" {
		t.Errorf("descending (-want +got):\n%s", diff)
	}
}

func queryForeignCursor(t *testing.T, h Harness) {
	putMany(t, h, "p", 4, "x")
	page, err := h.Table.Query(t.Context(), table.Query{PK: "p", Limit: 2})
	if err != nil || page.Next == "" {
		t.Fatalf("a first page of %+v, %v", page, err)
	}
	wantInvalid := func(what string, q table.Query) {
		t.Helper()
		if _, err := h.Table.Query(t.Context(), q); errs.KindOf(err) != errs.Invalid {
			t.Errorf("%s gives %v", what, err)
		}
	}
	wantInvalid("a cursor of another partition", table.Query{PK: "q", After: page.Next})
	wantInvalid("a cursor outside of the prefix", table.Query{PK: "p", Prefix: "t", After: page.Next})
	wantInvalid("a cursor before the range", table.Query{PK: "p", From: "s002", After: page.Next})
	wantInvalid("a cursor behind the range", table.Query{PK: "p", To: "s001", After: page.Next})
	wantInvalid("a cut cursor", table.Query{PK: "p", After: page.Next[:len(page.Next)-1]})
	wantInvalid("a longer cursor", table.Query{PK: "p", After: page.Next + "A"})
	for i := range page.Next {
		other := byte('A')
		if page.Next[i] == other {
			other = 'B'
		}
		wantInvalid("a changed cursor", table.Query{PK: "p", After: page.Next[:i] + string(other) + page.Next[i+1:]})
	}
}

func queryCursorOutlives(t *testing.T, h Harness) {
	putMany(t, h, "p", 5, "x")
	page, err := h.Table.Query(t.Context(), table.Query{PK: "p", Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	mustDelete(t, h, key("p", "s001"), table.Always)
	mustPut(t, h, item(key("p", "s0015"), "x"), table.Absent)
	got := sortKeys(readAll(t, h, table.Query{PK: "p", Limit: 2, After: page.Next}))
	if diff := cmp.Diff([]string{"s0015", "s002", "s003", "s004"}, got); diff != "" {
		t.Errorf("behind a deleted item (-want +got):\n%s", diff)
	}
}
