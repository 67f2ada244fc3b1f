package tabletest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

func limitParts() []part {
	return []part{
		{"an item of the largest size fits", largestItem},
		{"keys that no table takes are invalid", badKeys},
		{"the longest keys fit", longestKeys},
		{"a transaction has 1 to 100 writes", transactionCount},
		{"a transaction of 4 MB fits and no more", transactionSize},
		{"a transaction has each key once", transactionKeys},
		{"queries that no table answers are invalid", badQueries},
	}
}

// sized gives an item that counts for n bytes. Filler is one byte of it, repeated.
func sized(k table.Key, n int, filler string) table.Item {
	return item(k, strings.Repeat(filler, n-table.Size(table.Item{Key: k})))
}

func largestItem(t *testing.T, h Harness) {
	for name, filler := range map[string]string{"text": "x", "binary": "\xff"} {
		full := sized(key("pärtition", name), table.MaxItemBytes, filler)
		mustPut(t, h, full, table.Absent)
		wantBody(t, h, full.Key, string(full.Body))

		over := sized(key("over", name), table.MaxItemBytes+1, filler)
		_, err := h.Table.Put(t.Context(), over, table.Always)
		wantKind(t, err, errs.TooLarge)
		wantKind(t, h.Table.Transact(t.Context(), []table.Write{table.PutWrite(over, table.Always)}), errs.TooLarge)
		wantAbsent(t, h, over.Key)
	}
}

func badKeys(t *testing.T, h Harness) {
	for name, k := range map[string]table.Key{
		"no partition":       {SK: "s"},
		"no sort key":        {PK: "p"},
		"NUL in partition":   key("p\x00", "s"),
		"NUL in sort key":    key("p", "a\x00b"),
		"partition not text": key("\xff", "s"),
		"sort key not text":  key("p", "\xe6\x97"),
		"partition too long": key(strings.Repeat("p", table.MaxPartitionKey+1), "s"),
		"sort key too long":  key("p", strings.Repeat("s", table.MaxSortKey+1)),
	} {
		_, get := h.Table.Get(t.Context(), k)
		_, put := h.Table.Put(t.Context(), item(k, "x"), table.Always)
		for call, err := range map[string]error{
			"get": get, "put": put,
			"delete":   h.Table.Delete(t.Context(), k, table.Always),
			"transact": h.Table.Transact(t.Context(), []table.Write{table.PutWrite(item(k, "x"), table.Always)}),
			"check":    h.Table.Transact(t.Context(), []table.Write{table.CheckWrite(k, table.Absent)}),
		} {
			if errs.KindOf(err) != errs.Invalid {
				t.Errorf("%s with %s gives %v", call, name, err)
			}
		}
	}
}

func longestKeys(t *testing.T, h Harness) {
	pk, sk := strings.Repeat("é", table.MaxPartitionKey/2), strings.Repeat("日", table.MaxSortKey/3)
	mustPut(t, h, item(key(pk, sk), "x"), table.Absent)
	wantBody(t, h, key(pk, sk), "x")
	mustPut(t, h, item(key(pk, sk[:len(sk)-3]), "y"), table.Absent)
	pages := readAll(t, h, table.Query{PK: pk, Limit: 1})
	if got := sortKeys(pages); len(got) != 2 || got[1] != sk {
		t.Fatalf("the longest keys read as %d items", len(got))
	}
}

func numberedWrites(n int) []table.Write {
	writes := make([]table.Write, n)
	for i := range n {
		writes[i] = table.PutWrite(item(key("p", fmt.Sprintf("s%03d", i)), "x"), table.Absent)
	}
	return writes
}

func transactionCount(t *testing.T, h Harness) {
	wantKind(t, h.Table.Transact(t.Context(), nil), errs.Invalid)
	wantKind(t, h.Table.Transact(t.Context(), numberedWrites(table.MaxTransactWrites+1)), errs.Invalid)
	wantAbsent(t, h, key("p", "s000"))
	if err := h.Table.Transact(t.Context(), numberedWrites(table.MaxTransactWrites)); err != nil {
		t.Fatal(err)
	}
	wantBody(t, h, key("p", "s099"), "x")
	last := numberedWrites(table.MaxTransactWrites)
	for i := range last[:99] {
		last[i].Cond = table.Present
	}
	wantFailed(t, h.Table.Transact(t.Context(), last), 99, key("p", "s099"))
}

func transactionSize(t *testing.T, h Harness) {
	var writes []table.Write
	rest := table.MaxTransactBytes
	for i := 0; rest > 0; i++ {
		n := min(rest, table.MaxItemBytes)
		writes = append(writes, table.PutWrite(sized(key("p", fmt.Sprintf("s%03d", i)), n, "x"), table.Always))
		rest -= n
	}
	last := len(writes) - 1
	over := append([]table.Write(nil), writes...)
	over[last].Item.Body = append([]byte("x"), over[last].Item.Body...)
	wantKind(t, h.Table.Transact(t.Context(), over), errs.TooLarge)
	wantAbsent(t, h, key("p", "s000"))
	if err := h.Table.Transact(t.Context(), writes); err != nil {
		t.Fatal(err)
	}
	wantBody(t, h, writes[last].Item.Key, string(writes[last].Item.Body))
}

func transactionKeys(t *testing.T, h Harness) {
	k := key("p", "s")
	for name, second := range map[string]table.Write{
		"put":    table.PutWrite(item(k, "2"), table.Always),
		"delete": table.DeleteWrite(k, table.Always),
		"check":  table.CheckWrite(k, table.Absent),
	} {
		err := h.Table.Transact(t.Context(), []table.Write{table.PutWrite(item(k, "1"), table.Always), second})
		if errs.KindOf(err) != errs.Invalid {
			t.Errorf("a put and a %s of one key give %v", name, err)
		}
	}
	wantKind(t, h.Table.Transact(t.Context(), []table.Write{table.CheckWrite(k, table.Always)}), errs.Invalid)
	wantKind(t, h.Table.Transact(t.Context(), []table.Write{{Item: item(k, "x")}}), errs.Invalid)
	wantAbsent(t, h, k)
}

func badQueries(t *testing.T, h Harness) {
	for name, q := range map[string]table.Query{
		"no partition":      {},
		"NUL in partition":  {PK: "p\x00"},
		"negative limit":    {PK: "p", Limit: -1},
		"prefix and from":   {PK: "p", Prefix: "a", From: "a"},
		"prefix and to":     {PK: "p", Prefix: "a", To: "b"},
		"NUL in prefix":     {PK: "p", Prefix: "a\x00"},
		"prefix not text":   {PK: "p", Prefix: "\xff"},
		"from not text":     {PK: "p", From: "\xff"},
		"to not text":       {PK: "p", To: "\xff"},
		"prefix too long":   {PK: "p", Prefix: strings.Repeat("s", table.MaxSortKey+1)},
		"cursor not base64": {PK: "p", After: "!"},
		"cursor too short":  {PK: "p", After: "YWJj"},
		"cursor made up":    {PK: "p", After: "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo"},
	} {
		if _, err := h.Table.Query(t.Context(), q); errs.KindOf(err) != errs.Invalid {
			t.Errorf("a query with %s gives %v", name, err)
		}
	}
}
