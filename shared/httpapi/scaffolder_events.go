package httpapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

// events answers at once when there are events, and else waits for one: a client asks again
// as soon as it has an answer.
func (h scaffolderHandler) events(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r, "after")
	if err != nil {
		return err
	}
	behind, err := after(p)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.Hold)
	defer cancel()
	list, err := h.Events.Events(ctx, r.PathValue("id"), behind)
	if err != nil {
		return err
	}
	return writeTaggedJSON(w, r, list)
}

// stream sends events as they are written, and ends after the completion.
func (h scaffolderHandler) stream(w http.ResponseWriter, r *http.Request) error {
	behind, err := lastEvent(r, parseParams(r.URL.RawQuery))
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if _, err := h.Events.Get(r.Context(), id); err != nil { // while that can still be told
		return err
	}
	return streamEvents(w, r, h.clock, func(ctx context.Context, s *eventStream) error {
		return h.Events.Follow(ctx, id, behind, func(e tasks.Event) error { return s.send(e.ID, e.Type, e) })
	})
}
