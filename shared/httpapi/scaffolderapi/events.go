package scaffolderapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

// events answers at once when there are events, and else waits for one: a client asks again
// as soon as it has an answer.
func (h scaffolderHandler) events(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "after")
	if err != nil {
		return err
	}
	behind, err := request.After(p)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.Hold)
	defer cancel()
	list, err := h.Events.After(ctx, r.PathValue("id"), behind)
	if err != nil {
		return err
	}
	return httpapi.WriteTaggedJSON(w, r, list)
}

// Feed passes on how tasks go on.
type Feed interface {
	// Exists gives NotFound when there is no such task.
	Exists(ctx context.Context, id string) error
	// Follow passes on the events behind after as they are written, up to the completion.
	Follow(ctx context.Context, id string, after int, emit func(tasks.Event) error) error
}

var _ Feed = (*tasks.Events)(nil)

// HandleStream registers the route of Backstage's scaffolder that streams the events of
// a task. It answers as long as the task runs, which not every way to a function allows.
func HandleStream(rt *httpapi.Router, feed Feed) {
	rt.Handle("GET /api/scaffolder/v2/tasks/{id}/eventstream", func(w http.ResponseWriter, r *http.Request) error {
		behind, err := request.LastEvent(r, request.ParseParams(r.URL.RawQuery))
		if err != nil {
			return err
		}
		id := r.PathValue("id")
		if err := feed.Exists(r.Context(), id); err != nil { // while that can still be told
			return err
		}
		return rt.StreamEvents(w, r, func(ctx context.Context, s *httpapi.EventStream) error {
			return feed.Follow(ctx, id, behind, func(e tasks.Event) error { return s.Send(e.ID, e.Type, e) })
		})
	})
}
