package catalogapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/catalog/projection"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// View answers questions about the entities of the catalog, as it is and as it was.
type View interface {
	view.Reader
	AsOf(ctx context.Context, t time.Time) (*view.Past, error)
}

// HandleEntities registers Backstage's routes that read entities below /api/catalog
// (@backstage/plugin-catalog-backend 4.0). Each takes Slipway's own parameter asOf as well.
func HandleEntities(rt *httpapi.Router, c View) {
	h := catalogHandler{c: c, answers: &lendings{}}
	rt.Handle("GET /api/catalog/entities", h.list)
	rt.Handle("GET /api/catalog/entities/by-query", h.query)
	rt.Handle("POST /api/catalog/entities/by-query", h.postedQuery)
	rt.Handle("GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}", h.byName)
	rt.Handle("GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/ancestry", h.ancestry)
	rt.Handle("GET /api/catalog/entities/by-uid/{uid}", h.byUID)
	rt.Handle("POST /api/catalog/entities/by-refs", h.byRefs)
	rt.Handle("GET /api/catalog/entity-facets", h.facets)
	rt.Handle("POST /api/catalog/entity-facets", h.postedFacets)
}

type catalogHandler struct {
	c       View
	answers *lendings
}

// asked gives the catalog that a request without other parameters is about.
func (h catalogHandler) asked(r *http.Request) (view.Reader, error) {
	p, err := request.ReadParams(r, "asOf")
	if err != nil {
		return nil, err
	}
	return h.at(r.Context(), p)
}

// at gives the catalog as it was at the time that asOf names, as it is without one.
func (h catalogHandler) at(ctx context.Context, p request.Params) (view.Reader, error) {
	t, err := p.Moment("asOf")
	if err != nil {
		return nil, err
	}
	return h.atTime(ctx, t)
}

func (h catalogHandler) atTime(ctx context.Context, t *time.Time) (view.Reader, error) {
	if t == nil {
		return h.c, nil
	}
	past, err := h.c.AsOf(ctx, *t)
	if err != nil {
		return nil, err
	}
	return past, nil
}

// pathRef gives the canonical ref of the entity in the path.
func pathRef(r *http.Request) string {
	return strings.ToLower(r.PathValue("kind") + ":" + r.PathValue("namespace") + "/" + r.PathValue("name"))
}

func (h catalogHandler) byName(w http.ResponseWriter, r *http.Request) error {
	c, err := h.asked(r)
	if err != nil {
		return err
	}
	found, err := c.ByRef(r.Context(), pathRef(r))
	if err != nil {
		return err
	}
	if !found.Found() {
		return errs.New(errs.NotFound, fmt.Sprintf("No entity named '%s' found, with kind '%s' in namespace '%s'",
			r.PathValue("name"), r.PathValue("kind"), r.PathValue("namespace")))
	}
	return writeEntity(w, found)
}

func (h catalogHandler) byUID(w http.ResponseWriter, r *http.Request) error {
	c, err := h.asked(r)
	if err != nil {
		return err
	}
	found, err := withUID(r.Context(), c, r.PathValue("uid"))
	if err != nil {
		return err
	}
	if !found.Found() {
		return errs.New(errs.NotFound, "No entity with uid "+r.PathValue("uid"))
	}
	return writeEntity(w, found)
}

// writeEntity sends one entity whole.
func writeEntity(w http.ResponseWriter, d index.Document) error {
	body, err := d.AppendJSON(nil)
	if err != nil {
		return err
	}
	return httpapi.WriteRawJSON(w, http.StatusOK, body)
}

// withUID looks for a uid in any case.
func withUID(ctx context.Context, c view.Reader, uid string) (index.Document, error) {
	found, err := c.ByUID(ctx, uid)
	if lower := strings.ToLower(uid); err == nil && !found.Found() && lower != uid {
		return c.ByUID(ctx, lower)
	}
	return found, err
}

func (h catalogHandler) ancestry(w http.ResponseWriter, r *http.Request) error {
	c, err := h.asked(r)
	if err != nil {
		return err
	}
	found, err := c.Ancestry(r.Context(), pathRef(r))
	if err != nil {
		return err
	}
	body := appendJSON([]byte(`{"rootEntityRef":`), found.RootRef)
	body = append(body, `,"items":[`...)
	for i, a := range found.Items {
		if i > 0 {
			body = append(body, ',')
		}
		if body, err = a.Document.AppendJSON(append(body, `{"entity":`...)); err != nil {
			return err
		}
		body = append(appendJSON(append(body, `,"parentEntityRefs":`...), a.Parents), '}')
	}
	return httpapi.WriteTagged(w, r, append(body, "]}"...))
}

var refsBody = request.Object(request.Has("entityRefs", request.Texts()), request.Has("fields", request.Texts()), request.Has("query", request.Object())).Requiring("entityRefs")

func (h catalogHandler) byRefs(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "filter", "asOf")
	if err != nil {
		return err
	}
	body, err := request.Read(r, refsBody, true)
	if err != nil {
		return err
	}
	if !body.Has("entityRefs") {
		return errs.New(errs.Invalid, `Malformed request body (did you remember to specify an application/json content type?), Validation error: Required at "entityRefs"`)
	}
	refs, err := body.Texts("entityRefs")
	if err != nil {
		return err
	}
	fields, err := bodyFields(body)
	if err != nil {
		return err
	}
	where, err := bothOf(p, body)
	if err != nil {
		return err
	}
	c, err := h.at(r.Context(), p)
	if err != nil {
		return err
	}
	found, err := c.ByRefs(r.Context(), refs, where)
	if err != nil {
		return err
	}
	answer, err := appendEntities(append(h.answers.borrow(), `{"items":`...), found, fields)
	if err != nil {
		return err
	}
	defer h.answers.giveBack(answer)
	return writeEntities(w, r, fields, append(answer, '}'))
}

func bodyFields(body request.Body) (*projection.Projection, error) {
	names, err := body.Texts("fields")
	if err != nil {
		return nil, err
	}
	return projection.Parse(names)
}

// bothOf gives what the filter in the query string and the predicate in the body select.
func bothOf(p request.Params, body request.Body) (predicate.Node, error) {
	filter, err := predicate.FilterQuery(p.All("filter"))
	if err != nil {
		return nil, err
	}
	return parseBoth(filter, body.Object("query"))
}

// parseBoth reads the predicate of what both select, nil for everything.
func parseBoth(a, b map[string]any) (predicate.Node, error) {
	switch {
	case a == nil && b == nil:
		return nil, nil
	case a == nil:
		return predicate.Parse(b)
	case b == nil:
		return predicate.Parse(a)
	}
	return predicate.Parse(map[string]any{"$all": []any{a, b}})
}
