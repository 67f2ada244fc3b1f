package index

import (
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// FacetCount is a value of a field, as written, and the number of entities that have it.
type FacetCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// Facets counts the values of each field among the selected entities, in byte order. Values
// that nothing compares with are not counted.
func (x *Index) Facets(where predicate.Node, fields []string) map[string][]FacetCount {
	d := x.desk()
	defer d.clear()
	out := make(map[string][]FacetCount, len(fields))
	for _, f := range fields {
		out[f] = []FacetCount{}
	}
	for l := range x.layers() {
		set := d.selection(l, where, nil)
		n := set.Count()
		if n == 0 {
			continue
		}
		for f := range out {
			out[f] = l.facet(strings.ToLower(f), set, n == l.size(), out[f])
		}
	}
	for f, counts := range out {
		out[f] = sum(counts)
	}
	return out
}

// sum orders counts by value and adds up those of the same value.
func sum(counts []FacetCount) []FacetCount {
	byValue := func(a, b FacetCount) int { return strings.Compare(a.Value, b.Value) }
	if !slices.IsSortedFunc(counts, byValue) {
		slices.SortFunc(counts, byValue)
	}
	kept := counts[:0]
	for _, c := range counts {
		if n := len(kept); n > 0 && kept[n-1].Value == c.Value {
			kept[n-1].Count += c.Count
			continue
		}
		kept = append(kept, c)
	}
	return kept
}
