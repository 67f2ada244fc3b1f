package environmentsapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/httpapi"
)

// Environments shows the environments of the catalog.
type Environments interface {
	List(ctx context.Context) ([]environments.Listed, error)
}

// Handle registers the routes below /api/environments.
func Handle(rt *httpapi.Router, e Environments) {
	rt.Handle("GET /api/environments", func(w http.ResponseWriter, r *http.Request) error {
		items, err := e.List(r.Context())
		if err != nil {
			return err
		}
		return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"items": items})
	})
}
