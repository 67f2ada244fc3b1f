package httpapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/environments"
)

// Environments shows the environments of the catalog.
type Environments interface {
	List(ctx context.Context) ([]environments.Listed, error)
}

// HandleEnvironments registers the routes below /api/environments.
func HandleEnvironments(rt *Router, e Environments) {
	rt.Handle("GET /api/environments", func(w http.ResponseWriter, r *http.Request) error {
		items, err := e.List(r.Context())
		if err != nil {
			return err
		}
		return WriteJSON(w, http.StatusOK, map[string]any{"items": items})
	})
}
