package index

import (
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// Order is one field to order by.
type Order struct {
	Field      string
	Descending bool
}

// TextFilter keeps entities where one of the fields holds the term. "%" and "_" stand for
// any text and any character, as in SQL's LIKE.
type TextFilter struct {
	Term   string
	Fields []string // the order's field, else metadata.uid, when empty
}

// Query selects a page of entities.
type Query struct {
	Where  predicate.Node // nil for all
	Text   TextFilter
	Order  *Order // by uid when nil; entities without the field are left out
	Offset int
	// After and Before continue behind or ahead of a place; at most one of them is set.
	After, Before *Place
	Limit         int // 0 for none at all, -1 for all
}

// Place is a place in an ordered list of entities.
type Place struct {
	Value string // of the order's field, in lower case; "" when ordered by uid
	UID   string
}

// Page is one answer to a query. An entity with several values in the order's field shows
// once for each.
type Page struct {
	Items []Document
	Total int // of all pages, each entity once
	// First and Last are the places of the page's ends; Previous and More report whether
	// there is anything ahead of the first and behind the last.
	First, Last    *Place
	Previous, More bool
}

func (q Query) order() Order {
	if q.Order == nil {
		return Order{}
	}
	return Order{Field: strings.ToLower(q.Order.Field), Descending: q.Order.Descending}
}

// Query answers a query.
func (x *Index) Query(q Query) Page {
	d := x.desk()
	defer d.clear()
	order := q.order()
	sources, total := x.hits(d, q, order)
	page := Page{Total: total, Items: []Document{}}
	if q.Limit == 0 {
		return page
	}
	direction := 1
	if order.Descending {
		direction = -1
	}
	var hits []hit
	switch {
	case q.Before != nil:
		w := startAt(sources, -direction, q.Before)
		page.More = w.behind()
		hits, page.Previous = w.take(0, q.Limit)
		slices.Reverse(hits)
	case q.After != nil:
		w := startAt(sources, direction, q.After)
		page.Previous = w.behind()
		hits, page.More = w.take(0, q.Limit)
	default:
		page.Previous = q.Offset > 0
		hits, page.More = startAt(sources, direction, nil).take(q.Offset, q.Limit)
	}
	return page.fill(hits)
}

// fill completes a page with its hits. An empty page has no ends, and nothing around them.
func (p Page) fill(hits []hit) Page {
	if len(hits) == 0 {
		p.Previous, p.More = false, false
		return p
	}
	p.Items = make([]Document, len(hits))
	for i, h := range hits {
		p.Items[i] = h.document(h.at)
	}
	first, last := hits[0].place(hits[0].at), hits[len(hits)-1].place(hits[len(hits)-1].at)
	p.First, p.Last = &first, &last
	return p
}

// hits gives the hits of each layer and the number of distinct entities among them.
func (x *Index) hits(d *desk, q Query, order Order) (sources []source, total int) {
	text := q.Text.compile(order)
	for l := range x.layers() {
		set := d.selection(l, q.Where, text)
		if order.Field != "" {
			l.orderable(order.Field, set)
		}
		n := set.Count()
		if total += n; n > 0 && q.Limit != 0 {
			sources = append(sources, l.ordered(d, order.Field, set, n))
		}
	}
	return sources, total
}
