package index

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// hit is one line of an ordered answer: an entity with a list in the order's field has
// one for each value.
type hit struct {
	place Place
	doc   *shown
}

func (q Query) order() Order {
	if q.Order == nil {
		return Order{}
	}
	return Order{Field: strings.ToLower(q.Order.Field), Descending: q.Order.Descending}
}

func compareHits(descending bool) func(a, b hit) int {
	return func(a, b hit) int {
		c := cmp.Or(strings.Compare(a.place.Value, b.place.Value), strings.Compare(a.place.UID, b.place.UID))
		if descending {
			return -c
		}
		return c
	}
}

// Query answers a query from the index.
func (x *Index) Query(q Query) Page {
	order := q.order()
	hits, total := x.hits(q, order)
	compare := compareHits(order.Descending)
	if q.Order != nil {
		slices.SortFunc(hits, compare)
	}
	begin, end := bounds(hits, q, compare)
	page := Page{Total: total, Items: make([]Document, 0, end-begin)}
	for _, h := range hits[begin:end] {
		page.Items = append(page.Items, Document{h.doc})
	}
	if begin < end {
		page.First, page.Last = &hits[begin].place, &hits[end-1].place
		page.Previous, page.More = begin > 0, end < len(hits)
	}
	return page
}

// hits gives what a query selects, and the number of distinct entities in it.
func (x *Index) hits(q Query, order Order) ([]hit, int) {
	text := q.Text.compile(order)
	var hits []hit
	total := 0
	for _, d := range x.ordered {
		if !matches(q.Where, d.rows) || !text.matches(d.rows) {
			continue
		}
		before := len(hits)
		if order.Field == "" {
			hits = append(hits, hit{Place{UID: d.uid}, d})
		}
		for _, r := range find(d.rows, order.Field) {
			if h := (hit{Place{Value: r.value, UID: d.uid}, d}); !r.null && !slices.Contains(hits[before:], h) {
				hits = append(hits, h)
			}
		}
		if len(hits) > before {
			total++
		}
	}
	return hits, total
}

// bounds gives the part of the ordered hits that is the page.
func bounds(hits []hit, q Query, compare func(a, b hit) int) (begin, end int) {
	end = len(hits)
	switch {
	case q.After != nil:
		begin, _ = slices.BinarySearchFunc(hits, hit{place: *q.After}, behind(compare))
	case q.Before != nil:
		end, _ = slices.BinarySearchFunc(hits, hit{place: *q.Before}, compare)
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

// behind makes a search end behind an equal hit.
func behind(compare func(a, b hit) int) func(a, b hit) int {
	return func(a, b hit) int {
		if compare(a, b) <= 0 {
			return -1
		}
		return 1
	}
}

// textMatcher is a compiled TextFilter.
type textMatcher struct {
	pattern string // "" matches all
	fields  []string
}

func (t TextFilter) compile(order Order) textMatcher {
	m := textMatcher{pattern: strings.ToLower(strings.TrimSpace(t.Term))}
	for _, f := range t.Fields {
		m.fields = append(m.fields, strings.ToLower(f))
	}
	if len(m.fields) == 0 {
		m.fields = []string{cmp.Or(order.Field, "metadata.uid")}
	}
	return m
}

func (m textMatcher) matches(rows []row) bool {
	if m.pattern == "" {
		return true
	}
	for _, f := range m.fields {
		for _, r := range find(rows, f) {
			if !r.null && like("%"+m.pattern+"%", r.value) {
				return true
			}
		}
	}
	return false
}

// like matches SQL's LIKE without escapes, in time proportional to the product of the
// lengths.
func like(pattern, s string) bool {
	p, t := []rune(pattern), []rune(s)
	i, star, mark := 0, -1, 0
	for j := 0; j < len(t); {
		switch {
		case i < len(p) && p[i] == '%':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '_' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '%' {
		i++
	}
	return i == len(p)
}

// List answers a listing; more reports whether there is anything behind it.
func (x *Index) List(l List) (items []Document, more bool) {
	var docs []*shown
	for _, d := range x.ordered {
		if matches(l.Where, d.rows) {
			docs = append(docs, d)
		}
	}
	keys := make(map[*shown][]string, len(docs))
	for _, d := range docs {
		keys[d] = sortValues(d, l.Orders)
	}
	slices.SortStableFunc(docs, func(a, b *shown) int { return l.compare(a, b, keys) })
	begin := min(l.Offset, len(docs))
	end := len(docs)
	if l.Limit >= 0 {
		end = min(end, begin+l.Limit)
	}
	items = make([]Document, 0, end-begin)
	for _, d := range docs[begin:end] {
		items = append(items, Document{d})
	}
	return items, end < len(docs)
}

// absent sorts behind every value: it is no UTF-8.
const absent = "\xff"

// sortValues gives the first value of each order's field.
func sortValues(d *shown, orders []Order) []string {
	out := make([]string, len(orders))
	for i, o := range orders {
		out[i] = absent
		for _, r := range find(d.rows, strings.ToLower(o.Field)) {
			if !r.null {
				out[i] = min(out[i], r.value)
			}
		}
	}
	return out
}

func (l List) compare(a, b *shown, keys map[*shown][]string) int {
	for i, o := range l.Orders {
		va, vb := keys[a][i], keys[b][i]
		if va == vb {
			continue
		}
		c := strings.Compare(va, vb)
		if o.Descending && va != absent && vb != absent {
			return -c
		}
		return c
	}
	if len(l.Orders) == 0 {
		return strings.Compare(a.ref, b.ref)
	}
	return strings.Compare(a.uid, b.uid)
}

// Facets counts the values of each field, as written, in byte order.
func (x *Index) Facets(where predicate.Node, names []string) map[string][]FacetCount {
	out := make(map[string][]FacetCount, len(names))
	for _, name := range names {
		counts := map[string]int{}
		for _, d := range x.ordered {
			if !matches(where, d.rows) {
				continue
			}
			for _, r := range find(d.rows, strings.ToLower(name)) {
				if !r.null {
					counts[r.shown]++
				}
			}
		}
		list := make([]FacetCount, 0, len(counts))
		for _, v := range slices.Sorted(maps.Keys(counts)) {
			list = append(list, FacetCount{v, counts[v]})
		}
		out[name] = list
	}
	return out
}


// matches evaluates a predicate over an entity's rows.
func matches(where predicate.Node, rows []row) bool {
	switch n := where.(type) {
	case nil:
		return true
	case predicate.All:
		return !slices.ContainsFunc(n, func(p predicate.Node) bool { return !matches(p, rows) })
	case predicate.Any:
		return slices.ContainsFunc(n, func(p predicate.Node) bool { return matches(p, rows) })
	case predicate.Not:
		return !matches(n.Node, rows)
	case predicate.Exists:
		return (len(find(rows, n.Key)) > 0) == n.Want
	case predicate.Equals:
		return slices.ContainsFunc(find(rows, n.Key), func(r row) bool { return !r.null && slices.Contains(n.Values, r.value) })
	case predicate.HasPrefix:
		return slices.ContainsFunc(find(rows, n.Key), func(r row) bool { return !r.null && strings.HasPrefix(r.value, n.Prefix) })
	}
	return false
}
