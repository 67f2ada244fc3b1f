package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// defaultPage and maxPage bound a page of a list.
const (
	defaultPage = 20
	maxPage     = 100
)

// Operations accepts and shows operations.
type Operations interface {
	Accept(ctx context.Context, r operations.Request) (*operations.Operation, error)
	Get(ctx context.Context, id string) (*operations.Operation, error)
	List(ctx context.Context, cursor string, limit int) ([]*operations.Operation, string, error)
	Ledger(ctx context.Context, id string) ([]*operations.Entry, error)
}

// HandleOperations registers the routes below /api/operations.
func HandleOperations(rt *Router, ops Operations) {
	h := operationsHandler{ops}
	rt.Handle("POST /api/operations", h.create)
	rt.Handle("GET /api/operations", h.list)
	rt.Handle("GET /api/operations/{id}", h.get)
	rt.Handle("GET /api/operations/{id}/effects", h.effects)
}

type operationsHandler struct{ ops Operations }

// create answers 202: the operation is stored and runs whether or not anybody watches.
func (h operationsHandler) create(w http.ResponseWriter, r *http.Request) error {
	var req operations.Request
	if err := DecodeJSON(r, &req); err != nil {
		return err
	}
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) > 1 {
		return errs.New(errs.Invalid, "there is more than one Idempotency-Key")
	}
	if len(keys) == 1 {
		if req.IdempotencyKey = keys[0]; req.IdempotencyKey == "" {
			return errs.New(errs.Invalid, "the Idempotency-Key is empty")
		}
	}
	o, err := h.ops.Accept(r.Context(), req)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/operations/"+o.ID)
	return WriteJSON(w, http.StatusAccepted, o)
}

func (h operationsHandler) get(w http.ResponseWriter, r *http.Request) error {
	o, err := h.ops.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, o)
}

// operationPage is one page of a list, newest first.
type operationPage struct {
	Items      []*operations.Operation `json:"items"`
	NextCursor string                  `json:"nextCursor,omitempty"`
}

func (h operationsHandler) list(w http.ResponseWriter, r *http.Request) error {
	limit, err := pageLimit(r)
	if err != nil {
		return err
	}
	items, next, err := h.ops.List(r.Context(), r.URL.Query().Get("cursor"), limit)
	if err != nil {
		return err
	}
	for i, o := range items { // a list is for finding: the whole is behind each one's id
		short := *o
		short.Resolved = nil
		items[i] = &short
	}
	return WriteJSON(w, http.StatusOK, operationPage{Items: items, NextCursor: next})
}

// pageLimit reads the limit parameter of a list.
func pageLimit(r *http.Request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return defaultPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPage {
		return 0, errs.WithFields("the request is not valid", []errs.Field{{Pointer: "/limit", Message: "is a number from 1 to " + strconv.Itoa(maxPage)}})
	}
	return n, nil
}

// effectView is one effect of an operation as shown: without what it was made from.
type effectView struct {
	ID     string                 `json:"id"`
	Kind   string                 `json:"kind"`
	Target string                 `json:"target"`
	State  operations.EffectState `json:"state"`
}

func (h operationsHandler) effects(w http.ResponseWriter, r *http.Request) error {
	o, err := h.ops.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	entries, err := h.ops.Ledger(r.Context(), o.ID)
	if err != nil {
		return err
	}
	views := make([]effectView, 0, len(entries))
	for _, e := range entries {
		views = append(views, effectView{ID: e.ID, Kind: e.Kind, Target: e.Target, State: e.State})
	}
	return WriteJSON(w, http.StatusOK, map[string]any{"items": views})
}
