package httpapi

import (
	"context"
	"net/http"
)

// HandleHealth registers Backstage's health routes. ready returns an error while the
// process can't answer yet; nil means that it always can.
func HandleHealth(rt *Router, ready func(context.Context) error) {
	rt.Handle("GET /.backstage/health/v1/liveness", func(w http.ResponseWriter, _ *http.Request) error {
		return WriteJSON(w, http.StatusOK, health{Status: "ok"})
	}, Public())
	rt.Handle("GET /.backstage/health/v1/readiness", func(w http.ResponseWriter, r *http.Request) error {
		if ready != nil {
			if err := ready(r.Context()); err != nil {
				return WriteJSON(w, http.StatusServiceUnavailable, health{Status: "error", Message: Message(err)})
			}
		}
		return WriteJSON(w, http.StatusOK, health{Status: "ok"})
	}, Public())
}

type health struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}
