package frontendapi

import (
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// HandleNotifications registers what frontends ask of Backstage's notifications
// (@backstage/plugin-notifications-backend 0.6). The portal sends none yet, so that everybody
// has none: counted, listed, and by topic. There is nothing to set and nothing to store.
func HandleNotifications(rt *httpapi.Router) {
	none := map[string]any{"totalCount": 0, "notifications": []any{}}
	empty := map[string]any{
		"/status":        map[string]int{"unread": 0, "read": 0},
		"":               none,
		"/notifications": none,
		"/topics":        map[string]any{"topics": []any{}},
		"/settings":      map[string]any{"channels": []any{}},
	}
	for path, answer := range empty {
		rt.Handle("GET /api/notifications"+path, forPeople(func(w http.ResponseWriter, r *http.Request) error {
			return httpapi.WriteTaggedJSON(w, r, answer)
		}))
	}
	missing := forPeople(func(http.ResponseWriter, *http.Request) error { return errs.New(errs.NotFound, "Not found") })
	rt.Handle("GET /api/notifications/{id}", missing)
	rt.Handle("GET /api/notifications/notifications/{id}", missing)
}

// forPeople refuses services.
func forPeople(h httpapi.Handler) httpapi.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := person(r.Context()); err != nil {
			return err
		}
		return h(w, r)
	}
}
