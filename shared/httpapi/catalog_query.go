package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// defaultQueryPage is what Backstage's code uses; its OpenAPI document says 20.
const defaultQueryPage = 200

// entityQuery is a by-query request, however it came: as parameters, as a body or out of
// a cursor.
type entityQuery struct {
	cursor
	place  *index.Place
	offset int
	limit  int
	fields *entity.Projection
	count  bool // of all pages
}

func (h catalogHandler) query(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r, "fields", "limit", "offset", "orderField", "cursor", "filter", "totalItems", "fullTextFilterTerm", "fullTextFilterFields")
	if err != nil {
		return err
	}
	q := entityQuery{count: true}
	if q.limit, err = p.number("limit", defaultQueryPage); err != nil {
		return err
	}
	if q.fields, err = entity.ParseFields(p.all("fields")); err != nil {
		return err
	}
	if c := p.one("cursor"); c != "" {
		err = q.resume(c)
	} else {
		err = q.fromParams(p)
	}
	if err != nil {
		return err
	}
	return h.writePage(w, r, q)
}

func (q *entityQuery) fromParams(p params) (err error) {
	if q.offset, err = p.number("offset", 0); err != nil {
		return err
	}
	if q.Query, err = predicate.FilterQuery(p.all("filter")); err != nil {
		return err
	}
	for _, o := range p.all("orderField") {
		field, direction, given := strings.Cut(o, ",")
		if !given {
			direction = "asc"
		}
		q.OrderFields = append(q.OrderFields, orderField{Field: field, Order: direction})
	}
	q.Text.Term = p.one("fullTextFilterTerm")
	for _, f := range p.all("fullTextFilterFields") {
		q.Text.Fields = append(q.Text.Fields, strings.Split(f, ",")...)
	}
	return q.totals(p.one("totalItems"), "query")
}

func (q *entityQuery) totals(mode, where string) error {
	switch mode {
	case "", "include":
	case "exclude":
		q.count = false
	default:
		return errs.New(errs.Invalid, "request/"+where+"/totalItems must be equal to one of the allowed values: include, exclude")
	}
	return nil
}

func (h catalogHandler) postedQuery(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	q := entityQuery{count: true}
	if q.limit, err = body.number("limit", defaultQueryPage); err != nil {
		return err
	}
	if q.fields, err = body.fields(); err != nil {
		return err
	}
	c, err := body.text("cursor", false)
	if err != nil {
		return err
	}
	if c != "" {
		err = q.resume(c)
	} else {
		err = q.fromBody(body)
	}
	if err != nil {
		return err
	}
	return h.writePage(w, r, q)
}

func (q *entityQuery) fromBody(body requestBody) (err error) {
	if q.offset, err = body.number("offset", 0); err != nil {
		return err
	}
	if q.Query, err = body.object("query"); err != nil {
		return err
	}
	text, err := body.object("fullTextFilter")
	if err != nil {
		return err
	}
	if q.Text.Term, err = requestBody(text).text("term", false); err != nil {
		return err
	}
	if q.Text.Fields, err = requestBody(text).texts("fields", false); err != nil {
		return err
	}
	if err := q.orderFrom(body["orderBy"]); err != nil {
		return err
	}
	mode, err := body.text("totalItems", false)
	if err != nil {
		return err
	}
	return q.totals(mode, "body")
}

// orderFrom reads orderBy: one object or a list of them.
func (q *entityQuery) orderFrom(v any) error {
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for i, item := range list {
		m, ok := item.(map[string]any)
		if !ok {
			return wrongMember(fmt.Sprintf("orderBy/%d", i), "object")
		}
		field, err := requestBody(m).text("field", true)
		if err != nil {
			return err
		}
		direction, err := requestBody(m).text("order", false)
		if err != nil {
			return err
		}
		if direction == "" {
			direction = "asc"
		}
		q.OrderFields = append(q.OrderFields, orderField{Field: field, Order: direction})
	}
	return nil
}

// page gives the query in the catalog's terms. Only the first order counts, as in
// Backstage.
func (q *entityQuery) page() (index.Query, error) {
	out := index.Query{Offset: q.offset, Limit: q.limit, Text: index.TextFilter{Term: q.Text.Term, Fields: q.Text.Fields}}
	for i, o := range q.OrderFields {
		if o.Order != "asc" && o.Order != "desc" {
			return out, errs.New(errs.Invalid, "Invalid order field order, must be asc or desc")
		}
		if i == 0 {
			out.Order = &index.Order{Field: o.Field, Descending: o.Order == "desc"}
		}
	}
	if q.Previous {
		out.Before = q.place
	} else {
		out.After = q.place
	}
	if q.Query == nil {
		return out, nil
	}
	where, err := predicate.Parse(q.Query)
	out.Where = where
	return out, err
}

// queryAnswer is a page of entities.
type queryAnswer struct {
	Items      []any    `json:"items"`
	TotalItems int      `json:"totalItems"`
	PageInfo   pageInfo `json:"pageInfo"`
}

type pageInfo struct {
	NextCursor string `json:"nextCursor,omitempty"`
	PrevCursor string `json:"prevCursor,omitempty"`
}

func (h catalogHandler) writePage(w http.ResponseWriter, r *http.Request, q entityQuery) error {
	query, err := q.page()
	if err != nil {
		return err
	}
	page, err := h.c.Query(r.Context(), query)
	if err != nil {
		return err
	}
	out := queryAnswer{Items: make([]any, 0, len(page.Items))}
	for _, e := range page.Items {
		out.Items = append(out.Items, q.fields.Apply(e))
	}
	if q.count {
		out.TotalItems = page.Total
	}
	if out.PageInfo, err = q.links(page, out.TotalItems); err != nil {
		return err
	}
	return answer(w, r, q.fields, out)
}

func (q *entityQuery) links(page index.Page, total int) (info pageInfo, err error) {
	if page.More {
		if info.NextCursor, err = q.at(page.Last, false, total); err != nil {
			return info, err
		}
	}
	if page.Previous && q.place != nil { // a page reached by offset has none, as in Backstage
		info.PrevCursor, err = q.at(page.First, true, total)
	}
	return info, err
}

// cursor is Backstage's own: the client looks for "query" in it to choose between GET and
// POST for the next page, and cursors of either server lead to the same place.
type cursor struct {
	OrderFields []orderField   `json:"orderFields"`
	Values      []string       `json:"orderFieldValues"`
	Previous    bool           `json:"isPrevious"`
	Query       map[string]any `json:"query,omitempty"`
	Text        struct {
		Term   string   `json:"term"`
		Fields []string `json:"fields,omitempty"`
	} `json:"fullTextFilter"`
	Total *int `json:"totalItems,omitempty"`
}

type orderField struct {
	Field string `json:"field"`
	Order string `json:"order"`
}

// at makes a cursor for the page behind or ahead of a place.
func (q *entityQuery) at(p *index.Place, previous bool, total int) (string, error) {
	c := q.cursor
	c.Previous, c.Values, c.Total = previous, []string{p.UID}, &total
	if len(c.OrderFields) > 0 {
		c.Values = []string{p.Value, p.UID}
	} else {
		c.OrderFields = []orderField{}
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encoding a cursor: %w", err)
	}
	return base64.StdEncoding.EncodeToString(body), nil
}

// resume reads a cursor. It holds nothing that the caller could not have asked for.
func (q *entityQuery) resume(text string) error {
	malformed := errs.New(errs.Invalid, "Malformed cursor: it is none that this server has given")
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return malformed
	}
	var c cursor
	if err := json.Unmarshal(raw, &c); err != nil || c.OrderFields == nil || c.Values == nil {
		return malformed
	}
	ordered := len(c.OrderFields) > 0
	switch {
	case ordered && len(c.Values) == 2:
		q.place = &index.Place{Value: c.Values[0], UID: c.Values[1]}
	case !ordered && len(c.Values) == 1:
		q.place = &index.Place{UID: c.Values[0]}
	default:
		return malformed
	}
	q.count = c.Total == nil || *c.Total > 0
	q.cursor = c
	return nil
}

// list answers the older listing: everything, or pages by limit and offset.
func (h catalogHandler) list(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r, "fields", "limit", "filter", "offset", "after", "order")
	if err != nil {
		return err
	}
	where, err := predicate.ParseFilter(p.all("filter"))
	if err != nil {
		return err
	}
	fields, err := entity.ParseFields(p.all("fields"))
	if err != nil {
		return err
	}
	orders, err := parseOrders(p.all("order"))
	if err != nil {
		return err
	}
	at, paged, err := listPlace(p)
	if err != nil {
		return err
	}
	items, more, err := h.listed(r, index.List{Where: where, Orders: orders, Offset: at.Offset, Limit: at.Limit}, paged)
	if err != nil {
		return err
	}
	if more {
		w.Header().Set("Link", nextLink(r, p, listAfter{Limit: at.Limit, Offset: at.Offset + len(items)}))
	}
	out := make([]any, 0, len(items))
	for _, e := range items {
		out = append(out, fields.Apply(e))
	}
	return answer(w, r, fields, out)
}

// listed gives the page. Without paging, Backstage leaves out entities without the order's
// field, and only the first order counts.
func (h catalogHandler) listed(r *http.Request, l index.List, paged bool) ([]entity.Entity, bool, error) {
	if paged {
		return h.c.List(r.Context(), l)
	}
	q := index.Query{Where: l.Where, Limit: -1}
	if len(l.Orders) > 0 {
		q.Order = &l.Orders[0]
	}
	page, err := h.c.Query(r.Context(), q)
	return page.Items, false, err
}

func parseOrders(values []string) ([]index.Order, error) {
	var out []index.Order
	for _, v := range values {
		direction, field, ok := strings.Cut(v, ":")
		if !ok || field == "" || (direction != "asc" && direction != "desc") {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("Invalid order parameter %q, expected \"<asc or desc>:<field name>\"", v))
		}
		out = append(out, index.Order{Field: field, Descending: direction == "desc"})
	}
	return out, nil
}

// listAfter is the cursor of the older listing.
type listAfter struct {
	Limit  int `json:"limit"`
	Offset int `json:"offset"`
}

// listPlace reads which page is asked for; the cursor's limit wins.
func listPlace(p params) (at listAfter, paged bool, err error) {
	if at.Limit, err = p.number("limit", -1); err != nil {
		return at, false, err
	}
	if at.Limit == 0 {
		return at, false, errs.New(errs.Invalid, "Invalid limit, must be greater than zero")
	}
	if at.Offset, err = p.number("offset", 0); err != nil {
		return at, false, err
	}
	after := p.one("after")
	if after == "" {
		return at, len(p["limit"])+len(p["offset"]) > 0, nil
	}
	from := listAfter{Limit: at.Limit}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(after, "="))
	if err != nil || json.Unmarshal(raw, &from) != nil || from.Offset < 0 || from.Limit < -1 || from.Limit == 0 {
		return at, false, errs.New(errs.Invalid, "Malformed after cursor, could not be parsed")
	}
	return from, true, nil
}

// nextLink gives the Link header of a page: the path without its mount, the parameters
// again, offset replaced by after.
func nextLink(r *http.Request, p params, after listAfter) string {
	next := url.Values{}
	for name, values := range p {
		if name != "offset" {
			next[name] = values
		}
	}
	raw, err := json.Marshal(after)
	if err != nil {
		return "" // two numbers always have a JSON form
	}
	next.Set("after", base64.StdEncoding.EncodeToString(raw))
	return fmt.Sprintf(`<%s?%s>; rel="next"`, strings.TrimPrefix(r.URL.Path, backstageMount(r.URL.Path)), next.Encode())
}
