package webhooksapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

// Receiver takes deliveries of webhooks.
type Receiver interface {
	Receive(ctx context.Context, d webhooks.Delivery) (webhooks.Outcome, error)
}

var _ Receiver = (*webhooks.Receiver)(nil)

// Handle registers the route that GitLab calls. It is public because a delivery
// has a proof of its own. The answer is short whatever became of the delivery: GitLab
// counts anything but 2xx and 3xx towards switching the hook off.
func Handle(rt *httpapi.Router, receiver Receiver) {
	rt.Handle("POST /webhooks/gitlab", func(w http.ResponseWriter, r *http.Request) error {
		body, err := httpapi.ReadBody(r)
		if err != nil {
			return err
		}
		out, err := receiver.Receive(r.Context(), webhooks.Delivery{Headers: webhooks.Headers(r.Header), Body: body})
		if err != nil {
			return err
		}
		w.Header().Set("X-Slipway-Delivery", string(out.Status))
		w.WriteHeader(http.StatusOK)
		return nil
	}, httpapi.Public(), httpapi.MaxBody(webhooks.MaxBody))
}
