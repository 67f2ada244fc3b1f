package index

import "github.com/slipwayhq/slipway/shared/catalog/predicate"

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

// Page is one answer to a query.
type Page struct {
	Items []Document
	Total int // of all pages, each entity once
	// First and Last are the places of the page's ends; Previous and More report whether
	// there is anything ahead of the first and behind the last.
	First, Last    *Place
	Previous, More bool
}

// List selects entities the way Backstage's older listing does: ordered by several fields
// where entities without a field come last, then by uid; by ref when there is no order.
type List struct {
	Where  predicate.Node
	Orders []Order
	Offset int
	Limit  int // -1 for all
}

// FacetCount is a value of a field, as written, and the number of entities that have it.
type FacetCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}
