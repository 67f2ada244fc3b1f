package index_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// modelPage is a page with the entities' JSON.
type modelPage struct {
	Items          []string
	Total          int
	First, Last    *index.Place
	Previous, More bool
}

type modelHit struct {
	place index.Place
	doc   *modelDoc
}

func (m *model) query(q index.Query) modelPage {
	order := index.Order{}
	if q.Order != nil {
		order = index.Order{Field: strings.ToLower(q.Order.Field), Descending: q.Order.Descending}
	}
	hits, total := m.hits(q, order)
	compare := func(a, b modelHit) int {
		c := cmp.Or(strings.Compare(a.place.Value, b.place.Value), strings.Compare(a.place.UID, b.place.UID))
		if order.Descending {
			return -c
		}
		return c
	}
	slices.SortFunc(hits, compare)
	begin, end := modelBounds(hits, q, compare)
	page := modelPage{Total: total, Items: []string{}}
	for _, h := range hits[begin:end] {
		page.Items = append(page.Items, h.doc.json)
	}
	if begin < end {
		page.First, page.Last = &hits[begin].place, &hits[end-1].place
		page.Previous, page.More = begin > 0, end < len(hits)
	}
	return page
}

func (m *model) hits(q index.Query, order index.Order) ([]modelHit, int) {
	var hits []modelHit
	total := 0
	for _, d := range m.docs {
		if !d.matches(q.Where) || !d.matchesText(q.Text, order) {
			continue
		}
		before := len(hits)
		if order.Field == "" {
			hits = append(hits, modelHit{index.Place{UID: d.uid}, d})
		}
		for _, r := range d.find(order.Field) {
			if h := (modelHit{index.Place{Value: r.value, UID: d.uid}, d}); !r.null && !slices.Contains(hits[before:], h) {
				hits = append(hits, h)
			}
		}
		if len(hits) > before {
			total++
		}
	}
	return hits, total
}

func modelBounds(hits []modelHit, q index.Query, compare func(a, b modelHit) int) (begin, end int) {
	end = len(hits)
	switch {
	case q.After != nil:
		for begin < len(hits) && compare(hits[begin], modelHit{place: *q.After}) <= 0 {
			begin++
		}
	case q.Before != nil:
		for end > 0 && compare(hits[end-1], modelHit{place: *q.Before}) >= 0 {
			end--
		}
		if q.Limit >= 0 {
			begin = max(0, end-q.Limit)
		}
		return begin, end
	default:
		begin = min(q.Offset, len(hits))
	}
	if q.Limit >= 0 {
		end = min(end, begin+q.Limit)
	}
	return begin, end
}

func (d *modelDoc) matches(where predicate.Node) bool {
	switch n := where.(type) {
	case nil:
		return true
	case predicate.All:
		return !slices.ContainsFunc(n, func(p predicate.Node) bool { return !d.matches(p) })
	case predicate.Any:
		return slices.ContainsFunc(n, d.matches)
	case predicate.Not:
		return !d.matches(n.Node)
	case predicate.Exists:
		return (len(d.find(n.Key)) > 0) == n.Want
	case predicate.Equals:
		return slices.ContainsFunc(d.find(n.Key), func(r modelRow) bool { return !r.null && slices.Contains(n.Values, r.value) })
	case predicate.HasPrefix:
		return slices.ContainsFunc(d.find(n.Key), func(r modelRow) bool { return !r.null && strings.HasPrefix(r.value, n.Prefix) })
	}
	panic("no such node")
}

func (d *modelDoc) matchesText(t index.TextFilter, order index.Order) bool {
	term := strings.ToLower(strings.TrimSpace(t.Term))
	if term == "" {
		return true
	}
	fields := t.Fields
	if len(fields) == 0 {
		fields = []string{cmp.Or(order.Field, "metadata.uid")}
	}
	for _, f := range fields {
		for _, r := range d.find(strings.ToLower(f)) {
			if !r.null && modelLike([]rune("%"+term+"%"), []rune(r.value)) {
				return true
			}
		}
	}
	return false
}

// modelLike is SQL's LIKE by its definition.
func modelLike(pattern, s []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(s) == 0
	case pattern[0] == '%':
		return modelLike(pattern[1:], s) || len(s) > 0 && modelLike(pattern, s[1:])
	}
	return len(s) > 0 && (pattern[0] == '_' || pattern[0] == s[0]) && modelLike(pattern[1:], s[1:])
}

func (m *model) list(l index.List) (items []string, more bool) {
	var docs []*modelDoc
	for _, d := range m.docs {
		if d.matches(l.Where) {
			docs = append(docs, d)
		}
	}
	slices.SortStableFunc(docs, func(a, b *modelDoc) int { return modelCompare(l, a, b) })
	begin, end := min(l.Offset, len(docs)), len(docs)
	if l.Limit >= 0 {
		end = min(end, begin+l.Limit)
	}
	items = []string{}
	for _, d := range docs[begin:end] {
		items = append(items, d.json)
	}
	return items, end < len(docs)
}

func modelCompare(l index.List, a, b *modelDoc) int {
	const none = "\xff"
	least := func(d *modelDoc, field string) string {
		out := none
		for _, r := range d.find(strings.ToLower(field)) {
			if !r.null {
				out = min(out, r.value)
			}
		}
		return out
	}
	for _, o := range l.Orders {
		va, vb := least(a, o.Field), least(b, o.Field)
		if va == vb {
			continue
		}
		c := strings.Compare(va, vb)
		if o.Descending && va != none && vb != none {
			return -c
		}
		return c
	}
	if len(l.Orders) == 0 {
		return strings.Compare(a.ref, b.ref)
	}
	return strings.Compare(a.uid, b.uid)
}

func (m *model) facets(where predicate.Node, fields []string) map[string][]index.FacetCount {
	out := map[string][]index.FacetCount{}
	for _, name := range fields {
		counts := map[string]int{}
		for _, d := range m.docs {
			if !d.matches(where) {
				continue
			}
			for _, r := range d.find(strings.ToLower(name)) {
				if !r.null {
					counts[r.shown]++
				}
			}
		}
		out[name] = []index.FacetCount{}
		for _, v := range slices.Sorted(maps.Keys(counts)) {
			out[name] = append(out[name], index.FacetCount{Value: v, Count: counts[v]})
		}
	}
	return out
}
