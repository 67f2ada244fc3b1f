package catalogapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/catalog/projection"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// list answers the older listing: everything, or pages by limit and offset.
func (h catalogHandler) list(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "fields", "limit", "filter", "offset", "after", "order", "asOf")
	if err != nil {
		return err
	}
	q, err := parseListing(p)
	if err != nil {
		return err
	}
	c, err := h.at(r.Context(), p)
	if err != nil {
		return err
	}
	items, more, err := q.run(r, c)
	if err != nil {
		return err
	}
	if more {
		w.Header().Set("Link", nextLink(r, p, listAfter{Limit: q.at.Limit, Offset: q.at.Offset + len(items)}))
	}
	body, err := appendEntities(h.answers.borrow(), items, q.fields)
	if err != nil {
		return err
	}
	defer h.answers.giveBack(body)
	return writeEntities(w, r, q.fields, body)
}

// listing is a request to the older listing.
type listing struct {
	where  predicate.Node
	fields *projection.Projection
	orders []index.Order
	at     listAfter
	paged  bool
}

// parseListing reads the parameters in the order in which Backstage finds fault with them.
func parseListing(p request.Params) (q listing, err error) {
	if q.at.Limit, err = p.Number("limit", -1); err != nil {
		return q, err
	}
	if q.at.Offset, err = p.Number("offset", 0); err != nil {
		return q, err
	}
	after, err := p.One("after")
	if err != nil {
		return q, err
	}
	if q.where, err = predicate.ParseFilter(p.All("filter")); err != nil {
		return q, err
	}
	if q.fields, err = projection.Parse(p.All("fields")); err != nil {
		return q, err
	}
	if q.orders, err = parseOrders(p.All("order")); err != nil {
		return q, err
	}
	if q.at.Limit == 0 {
		return q, errs.New(errs.Invalid, "Invalid limit, must be greater than zero")
	}
	q.paged = p.Has("limit") || p.Has("offset") || p.Has("after")
	if after != "" {
		q.at, err = parseAfter(after, q.at)
	}
	return q, err
}

// run gives the page. Without paging, Backstage leaves out entities without the order's
// field, and only the first order counts.
func (q listing) run(r *http.Request, c view.Reader) ([]index.Document, bool, error) {
	if q.paged {
		return c.List(r.Context(), index.List{Where: q.where, Orders: q.orders, Offset: q.at.Offset, Limit: q.at.Limit})
	}
	all := index.Query{Where: q.where, Limit: -1}
	if len(q.orders) > 0 {
		all.Order = &q.orders[0]
	}
	page, err := c.Query(r.Context(), all)
	return page.Items, false, err
}

var orderPattern = lazyregexp.New(`^(asc|desc):(.+)$`)

func parseOrders(values []string) ([]index.Order, error) {
	var out []index.Order
	for _, v := range values {
		parts := orderPattern.FindStringSubmatch(v)
		if parts == nil {
			return nil, errs.New(errs.Invalid, fmt.Sprintf(`Invalid order parameter "%s", expected "<asc or desc>:<field name>"`, errs.Clip(v)))
		}
		out = append(out, index.Order{Field: parts[2], Descending: parts[1] == "desc"})
	}
	return out, nil
}

// listAfter is the cursor of the older listing.
type listAfter struct {
	Limit  int `json:"limit"`
	Offset int `json:"offset"`
}

// parseAfter reads the cursor; what it says wins over the parameters in at.
func parseAfter(text string, at listAfter) (listAfter, error) {
	var from struct{ Limit, Offset *float64 }
	raw, err := decodeBase64(text)
	if err != nil || json.Unmarshal(raw, &from) != nil {
		return at, errs.New(errs.Invalid, "Malformed after cursor, could not be parsed")
	}
	if from.Limit != nil {
		if *from.Limit < 1 || *from.Limit > request.MaxNumber || *from.Limit != float64(int(*from.Limit)) {
			return at, errs.New(errs.Invalid, "Malformed after cursor, limit was not an number")
		}
		at.Limit = int(*from.Limit)
	}
	if from.Offset != nil {
		if *from.Offset < 0 || *from.Offset > request.MaxNumber || *from.Offset != float64(int(*from.Offset)) {
			return at, errs.New(errs.Invalid, "Malformed after cursor, offset was not a number")
		}
		at.Offset = int(*from.Offset)
	}
	return at, nil
}

// nextLink gives the Link header of a page: the path without its mount, the parameters
// again, offset replaced by after.
func nextLink(r *http.Request, p request.Params, after listAfter) string {
	raw := appendJSON(nil, after)
	next := p.Without("offset").With("after", base64.StdEncoding.EncodeToString(raw))
	path := r.URL.EscapedPath()
	return fmt.Sprintf(`<%s?%s>; rel="next"`, strings.TrimPrefix(path, httpapi.BackstageMount(path)), next.Encode())
}
