package catalogapi

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/catalog/projection"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// defaultQueryPage is what Backstage's code uses; its OpenAPI document says 20.
const defaultQueryPage = 200

// entityQuery is a by-query request, however it came: as parameters, as a body or out of
// a cursor.
type entityQuery struct {
	cursor
	place  *index.Place // nil on the first page
	offset int
	limit  int
	fields *projection.Projection
	count  bool // all the pages' entities
}

func (h catalogHandler) query(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "fields", "limit", "offset", "orderField", "cursor", "filter", "totalItems",
		"fullTextFilterTerm", "fullTextFilterFields", "asOf")
	if err != nil {
		return err
	}
	q, err := queryFromParams(p)
	if err != nil {
		return err
	}
	return h.writePage(w, r, q)
}

// queryFromParams reads the parameters in the order in which Backstage finds fault with
// them. With a cursor only limit and fields count.
func queryFromParams(p request.Params) (q entityQuery, err error) {
	if q.limit, err = p.Number("limit", defaultQueryPage); err != nil {
		return q, err
	}
	if q.offset, err = p.Number("offset", 0); err != nil {
		return q, err
	}
	next, err := p.One("cursor")
	if err != nil {
		return q, err
	}
	mode, err := p.Enum("totalItems", "include", "exclude")
	if err != nil {
		return q, err
	}
	term, err := p.One("fullTextFilterTerm")
	if err != nil {
		return q, err
	}
	asOf, err := p.Moment("asOf")
	if err != nil {
		return q, err
	}
	if q.fields, err = projection.Parse(p.All("fields")); err != nil {
		return q, err
	}
	if next != "" {
		return q, q.resume(next, asOf)
	}
	q.count, q.Text.Term, q.Text.Fields, q.AsOf = mode != "exclude", term, splitFields(p.All("fullTextFilterFields")), asOf
	if q.Query, err = predicate.FilterQuery(p.All("filter")); err != nil {
		return q, err
	}
	q.OrderFields, err = parseOrderFields(p.All("orderField"))
	return q, err
}

func splitFields(values []string) (out []string) {
	for _, v := range values {
		out = append(out, strings.Split(v, ",")...)
	}
	return out
}

// parseOrderFields reads field,direction; what comes behind a second comma is ignored.
func parseOrderFields(values []string) (out []orderField, err error) {
	for _, v := range values {
		parts := strings.Split(v, ",")
		o := orderField{Field: parts[0], Order: "asc"}
		if len(parts) > 1 {
			o.Order = parts[1]
		}
		if o.Order != "asc" && o.Order != "desc" {
			return nil, errs.New(errs.Invalid, "Invalid order field order, must be asc or desc")
		}
		out = append(out, o)
	}
	return out, nil
}

var (
	orderBody = request.Object(request.Has("field", request.Text()), request.Has("order", request.OneOf("asc", "desc"))).Requiring("field", "order")
	textBody  = request.Object(request.Has("term", request.Text()), request.Has("fields", request.Texts()))
	queryBody = request.Object(
		request.Has("cursor", request.Text()),
		request.Has("limit", request.Number()),
		request.Has("offset", request.Number()),
		request.Has("orderBy", request.List(orderBody)),
		request.Has("fullTextFilter", textBody),
		request.Has("fields", request.Texts()),
		request.Has("totalItems", request.OneOf("include", "exclude")),
		request.Has("query", request.Object()),
	)
)

func (h catalogHandler) postedQuery(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "asOf")
	if err != nil {
		return err
	}
	body, err := request.Read(r, queryBody, true)
	if err != nil {
		return err
	}
	q, err := queryFromBody(body, p)
	if err != nil {
		return err
	}
	return h.writePage(w, r, q)
}

func queryFromBody(body request.Body, p request.Params) (q entityQuery, err error) {
	asOf, err := p.Moment("asOf")
	if err != nil {
		return q, err
	}
	if q.limit, err = body.Number("limit", defaultQueryPage); err != nil {
		return q, err
	}
	if q.offset, err = body.Number("offset", 0); err != nil {
		return q, err
	}
	if q.fields, err = bodyFields(body); err != nil {
		return q, err
	}
	if body.Has("cursor") {
		if body.Text("cursor") == "" {
			return q, errs.New(errs.Invalid, "Cursor cannot be empty")
		}
		return q, q.resume(body.Text("cursor"), asOf)
	}
	q.count, q.Query, q.AsOf = body.Text("totalItems") != "exclude", body.Object("query"), asOf
	text := request.Body(body.Object("fullTextFilter"))
	q.Text.Term = text.Text("term")
	if q.Text.Fields, err = text.Texts("fields"); err != nil {
		return q, err
	}
	orders, _ := body["orderBy"].([]any)
	for _, item := range orders {
		o, _ := item.(map[string]any)
		q.OrderFields = append(q.OrderFields, orderField{Field: request.Body(o).Text("field"), Order: request.Body(o).Text("order")})
	}
	return q, nil
}

// resume goes on from a cursor, at the time of its first page.
func (q *entityQuery) resume(text string, asOf *time.Time) error {
	c, place, err := parseCursor(text)
	if err != nil {
		return err
	}
	q.cursor, q.place, q.offset = c, place, 0
	if q.AsOf == nil {
		q.AsOf = asOf
	}
	return nil
}

// page gives the query in the catalog's terms. Only the first order counts, as in
// Backstage.
func (q *entityQuery) page() (out index.Query, err error) {
	out = index.Query{Offset: q.offset, Limit: q.limit, Text: index.TextFilter{Term: q.Text.Term, Fields: q.Text.Fields}}
	if len(q.OrderFields) > 0 {
		out.Order = &index.Order{Field: q.OrderFields[0].Field, Descending: q.OrderFields[0].Order == "desc"}
	}
	if q.Previous != nil && *q.Previous {
		out.Before = q.place
	} else {
		out.After = q.place
	}
	var old map[string]any
	if q.Filter != nil {
		old = q.Filter.query()
	}
	out.Where, err = parseBoth(old, q.Query)
	return out, err
}

func (h catalogHandler) writePage(w http.ResponseWriter, r *http.Request, q entityQuery) error {
	query, err := q.page()
	if err != nil {
		return err
	}
	c, err := h.atTime(r.Context(), q.AsOf)
	if err != nil {
		return err
	}
	page, err := c.Query(r.Context(), query)
	if err != nil {
		return err
	}
	q.total(page)
	next, previous, err := q.links(page)
	if err != nil {
		return err
	}
	body, err := appendEntities(append(h.answers.borrow(), `{"items":`...), page.Items, q.fields)
	if err != nil {
		return err
	}
	defer func() { h.answers.giveBack(body) }()
	body = appendJSON(append(body, `,"totalItems":`...), *q.Total)
	body = append(body, `,"pageInfo":{`...)
	if next != "" {
		body = appendText(append(body, `"nextCursor":`...), next)
	}
	if previous != "" {
		if next != "" {
			body = append(body, ',')
		}
		body = appendText(append(body, `"prevCursor":`...), previous)
	}
	return writeEntities(w, r, q.fields, append(body, "}}"...))
}

// total settles how many entities all pages have: what the first page found, 0 when nobody
// asked.
func (q *entityQuery) total(page index.Page) {
	if q.Total != nil {
		return
	}
	var n float64
	if q.count {
		n = float64(page.Total)
	}
	q.Total = &n
}

// links makes the cursors of the pages behind and ahead. As in Backstage there is nothing
// ahead of where the first page began, even when that was at an offset.
func (q *entityQuery) links(page index.Page) (next, previous string, err error) {
	if len(page.Items) == 0 || page.First == nil || page.Last == nil {
		return "", "", nil
	}
	first := q.values(page.First)
	ahead := q.First != nil && page.Previous && !slices.Equal(first, q.First)
	if q.First == nil {
		q.First = first
	}
	if page.More {
		if next, err = q.at(page.Last, false); err != nil {
			return "", "", err
		}
	}
	if ahead {
		previous, err = q.at(page.First, true)
	}
	return next, previous, err
}
