package catalogapi

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func (h catalogHandler) facets(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "facet", "filter", "asOf")
	if err != nil {
		return err
	}
	names := p.All("facet")
	if len(names) == 0 {
		return errs.New(errs.Invalid, "request/query must have required property 'facet'")
	}
	where, err := predicate.ParseFilter(p.All("filter"))
	if err != nil {
		return err
	}
	if names = notEmpty(names); len(names) == 0 {
		return errs.New(errs.Invalid, "Missing facet parameter")
	}
	c, err := h.at(r.Context(), p)
	if err != nil {
		return err
	}
	return writeFacets(w, r, c, where, names)
}

var facetsBody = request.Object(request.Has("facets", request.Texts()), request.Has("query", request.Object())).Requiring("facets")

func (h catalogHandler) postedFacets(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "asOf")
	if err != nil {
		return err
	}
	body, err := request.Read(r, facetsBody, false)
	if err != nil {
		return err
	}
	names, err := body.Texts("facets")
	if err != nil {
		return err
	}
	if names = notEmpty(names); len(names) == 0 {
		return errs.New(errs.Invalid, "Missing or empty facets parameter")
	}
	where, err := parseBoth(nil, body.Object("query"))
	if err != nil {
		return err
	}
	c, err := h.at(r.Context(), p)
	if err != nil {
		return err
	}
	return writeFacets(w, r, c, where, names)
}

func notEmpty(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// maxFacets bounds the work of one request.
const maxFacets = 50

func writeFacets(w http.ResponseWriter, r *http.Request, c view.Reader, where predicate.Node, names []string) error {
	if len(names) > maxFacets {
		return errs.New(errs.Invalid, fmt.Sprintf("at most %d facets can be asked for at once", maxFacets))
	}
	facets, err := c.Facets(r.Context(), where, names)
	if err != nil {
		return err
	}
	body := []byte(`{"facets":{`)
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		if i > 0 {
			body = append(body, ',')
		}
		body = appendCounts(append(appendJSON(body, name), ':'), facets[name])
	}
	return httpapi.WriteTagged(w, r, append(body, "}}"...))
}

func appendCounts(dst []byte, counts []index.FacetCount) []byte {
	dst = append(dst, '[')
	for i, c := range counts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(append(dst, `{"value":`...), c.Value)
		dst = fmt.Appendf(dst, `,"count":%d}`, c.Count)
	}
	return append(dst, ']')
}
