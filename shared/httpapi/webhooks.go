package httpapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/webhooks"
)

// WebhookReceiver takes deliveries of webhooks.
type WebhookReceiver interface {
	Receive(ctx context.Context, d webhooks.Delivery) (webhooks.Outcome, error)
}

var _ WebhookReceiver = (*webhooks.Receiver)(nil)

// HandleWebhooks registers the route that GitLab calls. It is public because a delivery
// has a proof of its own. The answer is short whatever became of the delivery: GitLab
// counts anything but 2xx and 3xx towards switching the hook off.
func HandleWebhooks(rt *Router, receiver WebhookReceiver) {
	rt.Handle("POST /webhooks/gitlab", func(w http.ResponseWriter, r *http.Request) error {
		body, err := ReadBody(r)
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
	}, Public(), MaxBody(webhooks.MaxBody))
}
