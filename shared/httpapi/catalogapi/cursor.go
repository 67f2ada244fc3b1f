package catalogapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// cursor is Backstage's own: the client looks for "query" in it to choose between GET and
// POST for the next page, and cursors of either server lead to the same place. It holds
// nothing that the caller could not have asked for.
type cursor struct {
	OrderFields []orderField   `json:"orderFields"`
	Values      []string       `json:"orderFieldValues"` // of the place to go on from
	First       []string       `json:"firstSortFieldValues,omitempty"`
	Previous    *bool          `json:"isPrevious"`
	Query       map[string]any `json:"query,omitempty"`
	// Filter is how catalog-backend 1 wrote a query.
	Filter *oldFilter `json:"filter,omitempty"`
	Text   struct {
		Term   string   `json:"term"`
		Fields []string `json:"fields,omitempty"`
	} `json:"fullTextFilter"`
	Total *float64 `json:"totalItems,omitempty"` // counted for the first page
	// AsOf is Slipway's own: all pages are of the same time.
	AsOf *time.Time `json:"asOf,omitempty"`
}

type orderField struct {
	Field string `json:"field"`
	Order string `json:"order"`
}

// oldFilter is a filter in the form of cursors of catalog-backend 1: a key with its values,
// a list of filters, or the opposite of one.
type oldFilter struct {
	Key    *string     `json:"key,omitempty"`
	Values []string    `json:"values,omitempty"`
	AllOf  []oldFilter `json:"allOf,omitempty"`
	AnyOf  []oldFilter `json:"anyOf,omitempty"`
	Not    *oldFilter  `json:"not,omitempty"`
}

// query gives the predicate that means the same.
func (f oldFilter) query() map[string]any {
	switch {
	case f.Key != nil && f.Values == nil:
		return map[string]any{*f.Key: map[string]any{"$exists": true}}
	case f.Key != nil:
		values := make([]any, 0, len(f.Values))
		for _, v := range f.Values {
			values = append(values, v)
		}
		return map[string]any{*f.Key: map[string]any{"$in": values}}
	case f.Not != nil:
		return map[string]any{"$not": f.Not.query()}
	case f.AnyOf != nil:
		return map[string]any{"$any": queries(f.AnyOf)}
	}
	return map[string]any{"$all": queries(f.AllOf)}
}

func queries(filters []oldFilter) []any {
	out := make([]any, 0, len(filters))
	for _, f := range filters {
		out = append(out, f.query())
	}
	return out
}

// at makes the cursor of the page behind or ahead of a place.
func (c cursor) at(p *index.Place, previous bool) (string, error) {
	c.Previous, c.Values = &previous, c.values(p)
	if c.OrderFields == nil {
		c.OrderFields = []orderField{}
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encoding a cursor: %w", err)
	}
	return base64.StdEncoding.EncodeToString(body), nil
}

// values tells a place as a cursor does.
func (c cursor) values(p *index.Place) []string {
	if len(c.OrderFields) > 0 {
		return []string{p.Value, p.UID}
	}
	return []string{p.UID}
}

// place gives where the cursor goes on from, nil when it says so in no way it could.
func (c cursor) place() *index.Place {
	ordered := len(c.OrderFields) > 0
	switch {
	case ordered && len(c.Values) == 2:
		return &index.Place{Value: c.Values[0], UID: c.Values[1]}
	case !ordered && len(c.Values) == 1:
		return &index.Place{UID: c.Values[0]}
	}
	return nil
}

// parseCursor reads a cursor.
func parseCursor(text string) (cursor, *index.Place, error) {
	malformed := errs.New(errs.Invalid, "Malformed cursor: it is none that this server has given")
	raw, err := decodeBase64(text)
	if err != nil {
		return cursor{}, nil, malformed
	}
	var c cursor
	if err := json.Unmarshal(raw, &c); err != nil || c.OrderFields == nil || c.Previous == nil {
		return cursor{}, nil, malformed
	}
	for _, o := range c.OrderFields {
		if o.Order != "asc" && o.Order != "desc" {
			return cursor{}, nil, malformed
		}
	}
	place := c.place()
	if place == nil {
		return cursor{}, nil, malformed
	}
	return c, place, nil
}

// decodeBase64 reads either alphabet, padded or not. A plus may have been taken for a space
// on its way in a query string.
func decodeBase64(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/", " ", "+").Replace(strings.TrimRight(text, "= "))
	return base64.RawStdEncoding.DecodeString(text)
}
