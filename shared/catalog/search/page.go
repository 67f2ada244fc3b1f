package search

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// DefaultPage and MaxPage are numbers of results.
const (
	DefaultPage = 25
	MaxPage     = 100
)

// Page is a part of what was found.
type Page struct {
	Results        []Result
	Total          int    // results of all pages
	Next, Previous string // cursors, "" for none
}

// Result is a document that was found.
type Result struct {
	Document Document
	Rank     int // from 1, over all pages
	// Highlight has the fields that matched, with tags around the words that did.
	Highlight map[string]string
}

// span gives the results of a page among total ones, as JavaScript's Array.slice does with
// limits below zero, and at most MaxPage.
func span(page, size, total int) (from, to int) {
	from, to = fromEnd(page*size, total), fromEnd(page*size+size, total)
	return from, min(max(from, to), from+MaxPage)
}

func fromEnd(i, total int) int {
	if i < 0 {
		return max(total+i, 0)
	}
	return min(i, total)
}

// maxPages keeps the arithmetic of pages within 32 bits.
const maxPages = 1 << 20

// pageOf reads a cursor: the number of a page in base64.
func pageOf(cursor string) (page int, ok bool) {
	if cursor == "" {
		return 0, true
	}
	text := strings.TrimSpace(lenient(cursor))
	if text == "" {
		return 0, true
	}
	page, err := strconv.Atoi(text)
	return page, err == nil && page >= 0 && page <= maxPages
}

func cursorOf(page int) string {
	return base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(page)))
}

// lenient decodes base64 in either alphabet and skips what is not part of it, as Node.js does.
func lenient(s string) string {
	s, _, _ = strings.Cut(s, "=")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '+':
			return '+'
		case r == '_' || r == '/':
			return '/'
		case r < 0x80 && isPlain(byte(r)):
			return r
		}
		return -1
	}, s)
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return "?"
	}
	return string(raw)
}

// hit is a found document on its way into a page.
type hit struct {
	score int64
	slot  uint32
}

// order puts the better document first, and of equal ones that with the lower uid.
func (x *documents) order(a, b hit) int {
	if a.score != b.score {
		return cmp.Compare(b.score, a.score)
	}
	if c := cmp.Compare(x.keys[a.slot], x.keys[b.slot]); c != 0 {
		return c
	}
	return cmp.Compare(x.slots[a.slot].uid(), x.slots[b.slot].uid())
}

// best keeps the first few of many hits in order.
type best struct {
	x    *documents
	keep int
	hits []hit // at most twice as many as are kept; the first keep in order after a cut
	last hit   // the last of those kept, once there are so many
	full bool
}

func (t *best) add(h hit) {
	if t.full && t.x.order(t.last, h) <= 0 {
		return
	}
	if t.hits = append(t.hits, h); len(t.hits) >= 2*t.keep {
		t.cut()
	}
}

func (t *best) cut() {
	slices.SortFunc(t.hits, t.x.order)
	if len(t.hits) >= t.keep {
		t.hits = t.hits[:t.keep]
		t.last, t.full = t.hits[t.keep-1], true
	}
}

// top gives the hits from a place in the order of all to another.
func (x *documents) top(hits func(yield func(hit) bool), from, to int) []hit {
	if from >= to {
		return nil
	}
	t := best{x: x, keep: to}
	for h := range hits {
		t.add(h)
	}
	t.cut()
	return t.hits[from:min(to, len(t.hits))]
}

// page makes a page of hits, of which there are total.
func (x *documents) page(hits func(yield func(hit) bool), total int, q Query, m *match, words stemmer, tags Tags) Page {
	out := Page{Total: total, Results: []Result{}}
	page, ok := pageOf(q.Cursor)
	if !ok {
		return out
	}
	size := q.PageLimit
	if size == 0 {
		size = DefaultPage
	}
	if page > 0 {
		out.Previous = cursorOf(page - 1)
	}
	if total > page*size+size {
		out.Next = cursorOf(page + 1)
	}
	from, to := span(page, size, total)
	for i, h := range x.top(hits, from, to) {
		d := x.slots[h.slot].document()
		out.Results = append(out.Results, Result{Document: d, Rank: page*size + i + 1, Highlight: x.highlight(d, m, words, tags)})
	}
	return out
}
