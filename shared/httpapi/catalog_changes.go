package httpapi

import (
	"context"
	"net/http"
)

// CatalogUpkeep has entities read again and takes them out.
type CatalogUpkeep interface {
	Refresh(ctx context.Context, actor, ref string) error
	RemoveEntity(ctx context.Context, actor, uid, ifETag string) error
}

// HandleCatalogUpkeep registers Backstage's routes that change single entities below
// /api/catalog.
func HandleCatalogUpkeep(rt *Router, c CatalogUpkeep) {
	h := upkeepHandler{c}
	rt.Handle("POST /api/catalog/refresh", h.refresh)
	rt.Handle("DELETE /api/catalog/entities/by-uid/{uid}", h.remove)
}

type upkeepHandler struct{ c CatalogUpkeep }

var refreshBody = bodySchema{kind: "object", required: []string{"entityRef"}, closed: true,
	members: []bodyMember{{"authorizationToken", anyText}, {"entityRef", anyText}}}

// refresh answers when the entity has been read again: its new state is there by then.
func (h upkeepHandler) refresh(w http.ResponseWriter, r *http.Request) error {
	if _, err := readParams(r); err != nil {
		return err
	}
	body, err := readBody(r, refreshBody, false)
	if err != nil {
		return err
	}
	if err := h.c.Refresh(r.Context(), actor(r), body.text("entityRef")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// remove takes metadata.etag in If-Match.
func (h upkeepHandler) remove(w http.ResponseWriter, r *http.Request) error {
	if _, err := readParams(r); err != nil {
		return err
	}
	tag, err := ifMatch(r)
	if err != nil {
		return err
	}
	if err := h.c.RemoveEntity(r.Context(), actor(r), r.PathValue("uid"), tag); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
