package catalogapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/reconcile"
)

// Reconciliations shows what the comparison of the catalog with GitLab found.
type Reconciliations interface {
	// Last gives the newest report; NotFound before the first run has ended.
	Last(ctx context.Context) (reconcile.Report, error)
}

// HandleReconciliation registers the route of the report.
func HandleReconciliation(rt *httpapi.Router, r Reconciliations) {
	rt.Handle("GET /api/catalog/reconciliation", func(w http.ResponseWriter, req *http.Request) error {
		report, err := r.Last(req.Context())
		if err != nil {
			return err
		}
		return httpapi.WriteJSON(w, http.StatusOK, report)
	})
}
