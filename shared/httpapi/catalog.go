package httpapi

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// CatalogEntities answers questions about the entities of the catalog.
type CatalogEntities interface {
	EntityByUID(ctx context.Context, uid string) (entity.Entity, error)
	EntitiesByRefs(ctx context.Context, refs []string, where predicate.Node) ([]*entity.Entity, error)
	Query(ctx context.Context, q index.Query) (index.Page, error)
	List(ctx context.Context, l index.List) (items []entity.Entity, more bool, err error)
	Facets(ctx context.Context, where predicate.Node, fields []string) (map[string][]index.FacetCount, error)
}

// HandleCatalogEntities registers Backstage's routes about entities below /api/catalog
// (@backstage/plugin-catalog-backend 4.0).
func HandleCatalogEntities(rt *Router, c CatalogEntities) {
	h := catalogHandler{c}
	rt.Handle("GET /api/catalog/entities", h.list)
	rt.Handle("GET /api/catalog/entities/by-query", h.query)
	rt.Handle("POST /api/catalog/entities/by-query", h.postedQuery)
	rt.Handle("GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}", h.byName)
	rt.Handle("GET /api/catalog/entities/by-uid/{uid}", h.byUID)
	rt.Handle("POST /api/catalog/entities/by-refs", h.byRefs)
	rt.Handle("GET /api/catalog/entity-facets", h.facets)
	rt.Handle("POST /api/catalog/entity-facets", h.postedFacets)
}

type catalogHandler struct{ c CatalogEntities }

func (h catalogHandler) byName(w http.ResponseWriter, r *http.Request) error {
	kind, namespace, name := pathPart(r, "kind"), pathPart(r, "namespace"), pathPart(r, "name")
	found, err := h.c.EntitiesByRefs(r.Context(), []string{kind + ":" + namespace + "/" + name}, nil)
	if err != nil {
		return err
	}
	if found[0] == nil {
		return errs.New(errs.NotFound, fmt.Sprintf("No entity named '%s' found, with kind '%s' in namespace '%s'", name, kind, namespace))
	}
	return WriteJSON(w, http.StatusOK, found[0])
}

// pathPart gives a part of an entity's name in the path; names are the same in any case.
func pathPart(r *http.Request, name string) string { return strings.ToLower(r.PathValue(name)) }

func (h catalogHandler) byUID(w http.ResponseWriter, r *http.Request) error {
	e, err := h.c.EntityByUID(r.Context(), r.PathValue("uid"))
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, e)
}

func (h catalogHandler) byRefs(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r, "filter")
	if err != nil {
		return err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	refs, err := body.texts("entityRefs", true)
	if err != nil {
		return err
	}
	fields, err := body.fields()
	if err != nil {
		return err
	}
	where, err := bothOf(p, body)
	if err != nil {
		return err
	}
	found, err := h.c.EntitiesByRefs(r.Context(), refs, where)
	if err != nil {
		return err
	}
	items := make([]any, len(found))
	for i, e := range found {
		if e != nil {
			items[i] = fields.Apply(*e)
		}
	}
	return answer(w, r, fields, map[string]any{"items": items})
}

// bothOf gives what the filter in the query string and the predicate in the body select.
func bothOf(p params, body requestBody) (predicate.Node, error) {
	filter, err := predicate.FilterQuery(p.all("filter"))
	if err != nil {
		return nil, err
	}
	query, err := body.object("query")
	if err != nil {
		return nil, err
	}
	switch {
	case filter == nil && query == nil:
		return nil, nil
	case filter == nil:
		return predicate.Parse(query)
	case query == nil:
		return predicate.Parse(filter)
	}
	return predicate.Parse(map[string]any{"$all": []any{filter, query}})
}

func (h catalogHandler) facets(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r, "facet", "filter")
	if err != nil {
		return err
	}
	names := p.all("facet")
	if len(names) == 0 {
		return errs.New(errs.Invalid, "request/query must have required property 'facet'")
	}
	where, err := predicate.ParseFilter(p.all("filter"))
	if err != nil {
		return err
	}
	return h.writeFacets(w, r, where, names)
}

func (h catalogHandler) postedFacets(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	names, err := body.texts("facets", true)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return errs.New(errs.Invalid, "Missing or empty facets parameter")
	}
	where, err := bothOf(nil, body)
	if err != nil {
		return err
	}
	return h.writeFacets(w, r, where, names)
}

// maxFacets bounds the work of one request.
const maxFacets = 50

func (h catalogHandler) writeFacets(w http.ResponseWriter, r *http.Request, where predicate.Node, names []string) error {
	if len(names) > maxFacets {
		return errs.New(errs.Invalid, fmt.Sprintf("at most %d facets can be asked for at once", maxFacets))
	}
	facets, err := h.c.Facets(r.Context(), where, names)
	if err != nil {
		return err
	}
	return writeTagged(w, r, map[string]any{"facets": facets})
}

// answer sends v; like Backstage it gives an ETag only where fields were selected.
func answer(w http.ResponseWriter, r *http.Request, fields *entity.Projection, v any) error {
	if fields == nil {
		return WriteJSON(w, http.StatusOK, v)
	}
	return writeTagged(w, r, v)
}

// writeTagged sends v with a weak ETag, or 304 when the caller has it already.
func writeTagged(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	sum := sha1.Sum(body)
	tag := fmt.Sprintf(`W/"%x-%s"`, len(body), base64.RawStdEncoding.EncodeToString(sum[:]))
	w.Header().Set("ETag", tag)
	if r.Method == http.MethodGet && matchesTag(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return WriteJSON(w, http.StatusOK, json.RawMessage(body))
}

// matchesTag compares weakly (RFC 9110 §13.1.2).
func matchesTag(lines []string, tag string) bool {
	for _, line := range lines {
		for _, t := range strings.Split(line, ",") {
			t = strings.TrimSpace(t)
			if t == "*" || strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}
