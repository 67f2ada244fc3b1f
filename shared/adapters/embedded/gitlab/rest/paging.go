package rest

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultPage = 20
	maxPage     = 100
	maxTotal    = 10000 // above this GitLab gives no totals
)

// stamp writes a time as the API does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// stampPtr writes a time that may be absent.
func stampPtr(t *time.Time) any {
	if t == nil {
		return nil
	}
	return stamp(*t)
}

// day writes the date of a time that may be absent.
func day(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UTC().Format(time.DateOnly)
}

func (c *call) perPage() int {
	n := int(c.p.Int("per_page", defaultPage))
	return max(1, min(n, maxPage))
}

// page gives the part of a list that was asked for and sets the pagination headers.
func page[T any](c *call, list []T) []T {
	size, n := c.perPage(), max(1, int(c.p.Int("page", 1)))
	pages := max(1, (len(list)+size-1)/size)
	h := c.w.Header()
	if len(list) <= maxTotal {
		h.Set("X-Total", strconv.Itoa(len(list)))
		h.Set("X-Total-Pages", strconv.Itoa(pages))
	}
	c.pageHeaders(n, size, n < pages, pages)
	from := min((n-1)*size, len(list))
	return list[from:min(from+size, len(list))]
}

// pageHeaders sets X-Page and its relatives, and Link. last is 0 when unknown.
func (c *call) pageHeaders(n, size int, more bool, last int) {
	h := c.w.Header()
	h.Set("X-Page", strconv.Itoa(n))
	h.Set("X-Per-Page", strconv.Itoa(size))
	h.Set("X-Next-Page", "")
	h.Set("X-Prev-Page", "")
	links := []string{}
	if n > 1 {
		h.Set("X-Prev-Page", strconv.Itoa(n-1))
		links = append(links, c.link("prev", map[string]string{"page": strconv.Itoa(n - 1)}))
	}
	if more {
		h.Set("X-Next-Page", strconv.Itoa(n+1))
		links = append(links, c.link("next", map[string]string{"page": strconv.Itoa(n + 1)}))
	}
	links = append(links, c.link("first", map[string]string{"page": "1"}))
	if last > 0 {
		links = append(links, c.link("last", map[string]string{"page": strconv.Itoa(last)}))
	}
	h.Set("Link", strings.Join(links, ", "))
}

// link makes one entry of the Link header: this request with some parameters replaced.
func (c *call) link(rel string, set map[string]string) string {
	q := withoutToken(c.r.URL.Query())
	q.Set("per_page", strconv.Itoa(c.perPage()))
	for k, v := range set {
		q.Set(k, v)
	}
	return "<" + c.BaseURL + c.r.URL.EscapedPath() + "?" + q.Encode() + `>; rel="` + rel + `"`
}

// withoutToken is a query that may be sent back in an answer.
func withoutToken(q url.Values) url.Values {
	delete(q, "private_token")
	return q
}

// keyset reports whether the caller asked for keyset pagination.
func (c *call) keyset() bool { return strings.EqualFold(c.p.String("pagination"), "keyset") }

// keysetPage gives the first part of a list whose elements before the asked-for position
// were already left out, and links to the next part by the key of its last element.
func keysetPage[T any](c *call, list []T, parameter string, key func(T) string) []T {
	size := c.perPage()
	c.w.Header().Set("X-Per-Page", strconv.Itoa(size))
	if len(list) <= size {
		return list
	}
	c.w.Header().Set("Link", c.link("next", map[string]string{parameter: key(list[size-1])}))
	return list[:size]
}

// opaque hides what a page token is made of.
func opaque(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
