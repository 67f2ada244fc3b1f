package catalogapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

var locationQueryBody = request.Object(request.Has("cursor", request.Text()), request.Has("limit", request.Number()), request.Has("query", request.Object()))

// defaultLocationPage is how many locations a page has when nobody says.
const defaultLocationPage = 1000

// locationQuery asks for a page of locations, ordered by id. It is also the cursor.
type locationQuery struct {
	Limit float64        `json:"limit"`
	After string         `json:"afterId,omitempty"`
	Query map[string]any `json:"query,omitempty"`
}

func parseLocationQuery(body request.Body) (q locationQuery, err error) {
	q = locationQuery{Limit: defaultLocationPage, Query: body.Object("query")}
	if n, given := body["limit"].(float64); given {
		q.Limit = n
	}
	if body.Has("cursor") {
		q, err = parseLocationCursor(body.Text("cursor"))
	}
	if err == nil && (q.Limit < 1 || q.Limit != float64(int64(q.Limit))) {
		err = errs.New(errs.Invalid, "Limit must be a positive integer >= 1")
	}
	q.Limit = min(q.Limit, request.MaxNumber)
	return q, err
}

func parseLocationCursor(text string) (q locationQuery, err error) {
	if text == "" {
		return q, errs.New(errs.Invalid, "Cursor cannot be empty")
	}
	raw, err := decodeBase64(text)
	if err != nil || !json.Valid(raw) {
		return q, errs.New(errs.Invalid, "Malformed cursor, unknown encoding")
	}
	if err := json.Unmarshal(raw, &q); err != nil {
		return q, errs.New(errs.Invalid, "Malformed cursor: it is none that this server has given")
	}
	return q, nil
}

func (h locationsHandler) query(w http.ResponseWriter, r *http.Request) error {
	if _, err := request.ReadParams(r); err != nil {
		return err
	}
	body, err := request.Read(r, locationQueryBody, true)
	if err != nil {
		return err
	}
	q, err := parseLocationQuery(body)
	if err != nil {
		return err
	}
	where, err := q.where()
	if err != nil {
		return err
	}
	all, err := h.c.Locations(r.Context())
	if err != nil {
		return err
	}
	return httpapi.WriteTagged(w, r, appendJSON(nil, q.page(where(all))))
}

// locationPage is a page of locations.
type locationPage struct {
	Items      []locationView `json:"items"`
	TotalItems int            `json:"totalItems"`
	PageInfo   struct {
		NextCursor string `json:"nextCursor,omitempty"`
	} `json:"pageInfo"`
}

func (q locationQuery) page(found []catalog.Location) locationPage {
	slices.SortFunc(found, func(a, b catalog.Location) int { return strings.Compare(a.ID, b.ID) })
	out := locationPage{Items: []locationView{}, TotalItems: len(found)}
	for _, l := range found {
		if l.ID <= q.After && q.After != "" {
			continue
		}
		if len(out.Items) == int(q.Limit) {
			q.After = out.Items[len(out.Items)-1].ID
			out.PageInfo.NextCursor = base64.StdEncoding.EncodeToString(appendJSON(nil, q))
			break
		}
		out.Items = append(out.Items, viewOf(l))
	}
	return out
}

// where gives what keeps the locations that the predicate selects.
func (q locationQuery) where() (func([]catalog.Location) []catalog.Location, error) {
	if q.Query == nil {
		return func(all []catalog.Location) []catalog.Location { return all }, nil
	}
	node, err := predicate.Parse(q.Query)
	if err != nil {
		return nil, err
	}
	if err := checkLocationKeys(node); err != nil {
		return nil, err
	}
	return func(all []catalog.Location) []catalog.Location {
		return slices.DeleteFunc(all, func(l catalog.Location) bool { return !locationMatches(node, l) })
	}, nil
}

// checkLocationKeys refuses a predicate about anything that locations don't have.
func checkLocationKeys(n predicate.Node) error {
	switch n := n.(type) {
	case predicate.All:
		return checkEach(n)
	case predicate.Any:
		return checkEach(n)
	case predicate.Not:
		return checkLocationKeys(n.Node)
	case predicate.Exists:
		return checkLocationKey(n.Key)
	case predicate.Equals:
		return checkLocationKey(n.Key)
	case predicate.HasPrefix:
		return checkLocationKey(n.Key)
	}
	return nil
}

func checkEach(nodes []predicate.Node) error {
	for _, n := range nodes {
		if err := checkLocationKeys(n); err != nil {
			return err
		}
	}
	return nil
}

func checkLocationKey(key string) error {
	if _, ok := locationField(catalog.Location{}, key); !ok {
		return errs.New(errs.Invalid, fmt.Sprintf("Invalid filter predicate, expected key to be 'id', 'type', 'target', or 'entityRef', got '%s'", errs.Clip(key)))
	}
	return nil
}

// locationField gives a field in lower case, as predicates compare.
func locationField(l catalog.Location, key string) (string, bool) {
	switch key {
	case "id":
		return strings.ToLower(l.ID), true
	case "type":
		return strings.ToLower(l.Type), true
	case "target":
		return strings.ToLower(l.Target), true
	case "entityref":
		return strings.ToLower(l.EntityRef), true
	}
	return "", false
}

// locationMatches evaluates a predicate. Every location has every field.
func locationMatches(n predicate.Node, l catalog.Location) bool {
	each := func(n predicate.Node) bool { return locationMatches(n, l) }
	switch n := n.(type) {
	case predicate.All:
		return !slices.ContainsFunc(n, func(n predicate.Node) bool { return !each(n) })
	case predicate.Any:
		return slices.ContainsFunc(n, each)
	case predicate.Not:
		return !each(n.Node)
	case predicate.Exists:
		return n.Want
	case predicate.Equals:
		value, _ := locationField(l, n.Key)
		return slices.Contains(n.Values, value)
	case predicate.HasPrefix:
		value, _ := locationField(l, n.Key)
		return strings.HasPrefix(value, n.Prefix)
	}
	return false
}
