package catalogapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
)

// Upkeep has entities read again and takes them out.
type Upkeep interface {
	Refresh(ctx context.Context, actor, ref string) error
	RemoveEntity(ctx context.Context, actor, uid, ifETag string) error
}

// HandleUpkeep registers Backstage's routes that change single entities below
// /api/catalog.
func HandleUpkeep(rt *httpapi.Router, c Upkeep) {
	h := upkeepHandler{c}
	rt.Handle("POST /api/catalog/refresh", h.refresh)
	rt.Handle("DELETE /api/catalog/entities/by-uid/{uid}", h.remove)
}

type upkeepHandler struct{ c Upkeep }

var refreshBody = request.Object(request.Has("authorizationToken", request.Text()), request.Has("entityRef", request.Text())).Requiring("entityRef").Only()

// refresh answers when the entity has been read again: its new state is there by then.
func (h upkeepHandler) refresh(w http.ResponseWriter, r *http.Request) error {
	if _, err := request.ReadParams(r); err != nil {
		return err
	}
	body, err := request.Read(r, refreshBody, false)
	if err != nil {
		return err
	}
	if err := h.c.Refresh(r.Context(), actor(r), body.Text("entityRef")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// remove takes metadata.etag in If-Match.
func (h upkeepHandler) remove(w http.ResponseWriter, r *http.Request) error {
	if _, err := request.ReadParams(r); err != nil {
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
