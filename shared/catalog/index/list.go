package index

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// List selects entities the way Backstage's older listing does: ordered by the least values of
// several fields, where entities without a field come last in both directions, then by uid; by
// ref when there is no order.
type List struct {
	Where  predicate.Node
	Orders []Order
	Offset int
	Limit  int // -1 for all
}

// List answers a listing; more reports whether there is anything behind it.
func (x *Index) List(l List) (items []Document, more bool) {
	d := x.desk()
	defer d.clear()
	items = []Document{}
	if len(l.Orders) == 0 {
		hits, more := startAt(x.byRef(d, l.Where), 1, nil).take(l.Offset, l.Limit)
		for _, h := range hits {
			items = append(items, h.document(h.at))
		}
		return items, more
	}
	rows := x.listed(d, l)
	begin := min(l.Offset, len(rows))
	end := len(rows)
	if l.Limit >= 0 {
		end = min(end, begin+l.Limit)
	}
	for _, r := range rows[begin:end] {
		items = append(items, r.document)
	}
	return items, end < len(rows)
}

func (x *Index) byRef(d *desk, where predicate.Node) []source {
	var out []source
	for l := range x.layers() {
		set := d.selection(l, where, nil)
		if n := set.Count(); n > 0 {
			out = append(out, l.byRefs(d, set, n))
		}
	}
	return out
}

// listRow is one line of a listing, with its least value in each order's field.
type listRow struct {
	document Document
	uid      string
	values   []string
	has      []bool
}

// listed gives the lines of a listing in order, at least as far as they are asked for.
func (x *Index) listed(d *desk, l List) []listRow {
	enough := math.MaxInt / 4
	if l.Limit >= 0 {
		enough = min(enough, l.Offset+l.Limit+1)
	}
	var rows []listRow
	parts := 0
	for layer := range x.layers() {
		if part := layer.list(l, d.selection(layer, l.Where, nil), enough); len(part) > 0 {
			rows = append(rows, part...)
			parts++
		}
	}
	if parts > 1 {
		l.sort(rows)
	}
	return rows
}

func (l List) sort(rows []listRow) {
	slices.SortFunc(rows, func(a, b listRow) int { return l.compare(&a, &b) })
}

func (l List) compare(a, b *listRow) int {
	for i, o := range l.Orders {
		switch {
		case a.has[i] != b.has[i]:
			if a.has[i] {
				return -1
			}
			return 1
		case a.values[i] == b.values[i]:
			continue
		case o.Descending:
			return strings.Compare(b.values[i], a.values[i])
		}
		return strings.Compare(a.values[i], b.values[i])
	}
	return strings.Compare(a.uid, b.uid)
}

func (o *overlay) list(l List, set bitset.Set, _ int) []listRow {
	var rows []listRow
	at := map[uint32]int{}
	for i := set.Next(0); i >= 0; i = set.Next(i + 1) {
		at[uint32(i)] = len(rows)
		rows = append(rows, listRow{document: o.at(uint32(i)), uid: o.docs[i].uid, values: make([]string, len(l.Orders)), has: make([]bool, len(l.Orders))})
	}
	for j, order := range l.Orders {
		o.scan(strings.ToLower(order.Field), func(doc uint32, value, _ string, null bool) {
			if i, ok := at[doc]; ok && !null && (!rows[i].has[j] || value < rows[i].values[j]) {
				rows[i].values[j], rows[i].has[j] = value, true
			}
		})
	}
	l.sort(rows)
	return rows
}

// ranked is a document of a segment with what orders it in each field: the number of its
// least value, so that no text is compared.
type ranked struct {
	doc   uint32
	ranks []uint32
}

// absent is behind every rank.
const absent = math.MaxUint32

func (s *Segment) list(l List, set bitset.Set, enough int) []listRow {
	columns := make([]*segment.Column, len(l.Orders))
	for i, o := range l.Orders {
		columns[i] = s.seg.Column(strings.ToLower(o.Field))
	}
	var kept []ranked
	for doc := set.Next(0); doc >= 0; doc = set.Next(doc + 1) {
		r := ranked{uint32(doc), make([]uint32, len(columns))}
		for i, c := range columns {
			r.ranks[i] = rankIn(c, uint32(doc), l.Orders[i].Descending)
		}
		if kept = append(kept, r); len(kept) >= 2*enough+64 {
			kept = first(kept, enough)
		}
	}
	kept = first(kept, enough)
	rows := make([]listRow, len(kept))
	for i, r := range kept {
		rows[i] = s.listRow(r, columns)
	}
	return rows
}

func rankIn(c *segment.Column, doc uint32, descending bool) uint32 {
	if c == nil {
		return absent
	}
	rank, ok := c.Least(doc)
	if !ok {
		return absent
	}
	if descending {
		return absent - 1 - uint32(c.Group(rank))
	}
	return uint32(c.Group(rank))
}

// first gives the first documents in order.
func first(docs []ranked, n int) []ranked {
	slices.SortFunc(docs, func(a, b ranked) int { return cmp.Or(slices.Compare(a.ranks, b.ranks), cmp.Compare(a.doc, b.doc)) })
	return docs[:min(n, len(docs))]
}

func (s *Segment) listRow(r ranked, columns []*segment.Column) listRow {
	row := listRow{document: s.at(r.doc), uid: s.seg.UID(r.doc), values: make([]string, len(columns)), has: make([]bool, len(columns))}
	for i, c := range columns {
		if r.ranks[i] != absent {
			rank, _ := c.Least(r.doc)
			row.values[i], row.has[i] = c.Value(rank), true
		}
	}
	return row
}
