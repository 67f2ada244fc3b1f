package tabletest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/table"
)

// queryModel writes and deletes at random and compares random queries with a map.
func queryModel(t *testing.T, h Harness) {
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		m := model{table: h.Table, pk: fmt.Sprintf("p%d", round), items: map[string]string{}}
		for range rapid.IntRange(1, 12).Draw(r, "writes") {
			m.write(t, r)
		}
		for range 4 {
			m.query(t, r)
		}
	})
}

type model struct {
	table table.Table
	pk    string
	items map[string]string
}

// sortKey draws from few short keys, so that prefixes, bounds and keys meet.
func sortKey(r *rapid.T, what string, least int) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune("ab#é\U0001f600")), least, 4, -1).Draw(r, what)
}

func (m model) write(t *testing.T, r *rapid.T) {
	k := table.Key{PK: m.pk, SK: sortKey(r, "key", 1)}
	if rapid.IntRange(0, 4).Draw(r, "delete") == 0 {
		if err := m.table.Delete(t.Context(), k, table.Always); err != nil {
			r.Fatal(err)
		}
		delete(m.items, k.SK)
		return
	}
	body := rapid.StringN(0, 10, -1).Draw(r, "body")
	_, err := m.table.Put(t.Context(), table.Item{Key: k, Body: []byte(body)}, table.Absent)
	_, there := m.items[k.SK]
	if _, failed := table.FailedCondition(err); failed != there || (err != nil && !failed) {
		r.Fatalf("creating %q gives %v although there is one: %v", k.SK, err, there)
	}
	if err == nil {
		m.items[k.SK] = body
	}
}

func (m model) query(t *testing.T, r *rapid.T) {
	q := table.Query{
		PK: m.pk, Limit: rapid.IntRange(0, 5).Draw(r, "limit"), Descending: rapid.Bool().Draw(r, "descending"),
	}
	if rapid.Bool().Draw(r, "by prefix") {
		q.Prefix = sortKey(r, "prefix", 0)
	} else {
		q.From, q.To = sortKey(r, "from", 0), sortKey(r, "to", 0)
	}
	want := m.selected(q)
	var got []string
	for {
		page, err := m.table.Query(t.Context(), q)
		if err != nil {
			r.Fatalf("%+v: %v", q, err)
		}
		for _, i := range page.Items {
			got = append(got, i.SK+"="+string(i.Body))
		}
		if page.Next == "" {
			break
		}
		q.After = page.Next
	}
	if !slices.Equal(want, got) {
		r.Fatalf("%+v reads %q, want %q", q, got, want)
	}
}

func (m model) selected(q table.Query) []string {
	var names []string
	for _, sk := range slices.Sorted(maps.Keys(m.items)) {
		if strings.HasPrefix(sk, q.Prefix) && sk >= q.From && (q.To == "" || sk < q.To) {
			names = append(names, sk+"="+m.items[sk])
		}
	}
	if q.Descending {
		slices.Reverse(names)
	}
	return names
}
