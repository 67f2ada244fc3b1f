package operationsapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Changes starts, stops and repeats operations.
type Changes interface {
	Accept(ctx context.Context, r operations.Request) (*operations.Operation, error)
	// Draft gives the operation that Accept would store, and stores nothing.
	Draft(ctx context.Context, r operations.Request) (*operations.Operation, error)
	Cancel(ctx context.Context, id string) (*operations.Operation, error)
	Retry(ctx context.Context, id string, secrets map[string]string) (*operations.Operation, error)
}

// Shown shows operations.
type Shown interface {
	Get(ctx context.Context, id string) (*operations.Operation, error)
	List(ctx context.Context, cursor string, limit int) ([]*operations.Operation, string, error)
	Ledger(ctx context.Context, id string) ([]*operations.Entry, error)
}

var (
	_ Changes = (*operations.Service)(nil)
	_ Shown   = (*operations.Service)(nil)
)

// API is what is behind /api/operations.
type API struct {
	Changes Changes
	Shown   Shown
	Log     Log
	Planner Planner
}

// Handle registers the routes below /api/operations, but for the one that streams:
// HandleStream.
func Handle(rt *httpapi.Router, api API) {
	h := operationsHandler{api}
	rt.Handle("POST /api/operations", h.create)
	rt.Handle("GET /api/operations", h.list)
	rt.Handle("GET /api/operations/{id}", h.get)
	rt.Handle("GET /api/operations/{id}/effects", h.effects)
	rt.Handle("GET /api/operations/{id}/log", h.log)
	rt.Handle("POST /api/operations/{id}/cancel", h.cancel)
	rt.Handle("POST /api/operations/{id}/retry", h.retry)
}

type operationsHandler struct{ API }

// Request is the body of a request for an operation.
type Request struct {
	operations.Request
	// Secrets are given to the operation without being stored in clear anywhere.
	Secrets map[string]string `json:"secrets,omitempty"`
}

// create answers 202: the operation is stored and runs whether or not anybody watches. With
// dryRun=true it answers what would be done.
func (h operationsHandler) create(w http.ResponseWriter, r *http.Request) error {
	var body Request
	if err := httpapi.DecodeJSON(r, &body); err != nil {
		return err
	}
	req := body.Request
	req.Secrets = body.Secrets
	dry, err := dryRun(r)
	if err != nil {
		return err
	}
	if dry {
		return h.plan(w, r, req)
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
	o, err := h.Changes.Accept(r.Context(), req)
	if err != nil {
		return err
	}
	return accepted(w, o)
}

// accepted answers with an operation that goes on by itself.
func accepted(w http.ResponseWriter, o *operations.Operation) error {
	w.Header().Set("Location", "/api/operations/"+o.ID)
	return httpapi.WriteJSON(w, http.StatusAccepted, o)
}

func dryRun(r *http.Request) (bool, error) {
	switch values := r.URL.Query()["dryRun"]; {
	case len(values) == 0 || len(values) == 1 && values[0] == "false":
		return false, nil
	case len(values) == 1 && values[0] == "true":
		return true, nil
	}
	return false, errs.WithFields("the request is not valid", []errs.Field{{Pointer: "/dryRun", Message: "is true or false"}})
}

// cancel answers with the operation, which has ended or is being undone.
func (h operationsHandler) cancel(w http.ResponseWriter, r *http.Request) error {
	o, err := h.Changes.Cancel(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, o)
}

// RetryRequest is the body of a request to retry an operation, which may be left out.
type RetryRequest struct {
	// Secrets are those that the plan needs and that are not kept any more, or are to be others.
	Secrets map[string]string `json:"secrets,omitempty"`
}

func (h operationsHandler) retry(w http.ResponseWriter, r *http.Request) error {
	var body RetryRequest
	if r.ContentLength != 0 {
		if err := httpapi.DecodeJSON(r, &body); err != nil {
			return err
		}
	}
	o, err := h.Changes.Retry(r.Context(), r.PathValue("id"), body.Secrets)
	if err != nil {
		return err
	}
	return accepted(w, o)
}

func (h operationsHandler) get(w http.ResponseWriter, r *http.Request) error {
	o, err := h.Shown.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, o)
}

// operationPage is one page of a list, newest first.
type operationPage struct {
	Items      []*operations.Operation `json:"items"`
	NextCursor string                  `json:"nextCursor,omitempty"`
}

func (h operationsHandler) list(w http.ResponseWriter, r *http.Request) error {
	limit, err := request.PageLimit(r)
	if err != nil {
		return err
	}
	items, next, err := h.Shown.List(r.Context(), r.URL.Query().Get("cursor"), limit)
	if err != nil {
		return err
	}
	for i, o := range items { // a list is for finding: the whole is behind each one's id
		short := *o
		short.Resolved = nil
		items[i] = &short
	}
	return httpapi.WriteJSON(w, http.StatusOK, operationPage{Items: items, NextCursor: next})
}

// effectView is one effect of an operation as shown: without what it was made from.
type effectView struct {
	ID        string                 `json:"id"`
	Kind      string                 `json:"kind"`
	Target    string                 `json:"target"`
	State     operations.EffectState `json:"state"`
	Hindrance string                 `json:"hindrance,omitempty"`
}

func (h operationsHandler) effects(w http.ResponseWriter, r *http.Request) error {
	o, err := h.Shown.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	entries, err := h.Shown.Ledger(r.Context(), o.ID)
	if err != nil {
		return err
	}
	views := make([]effectView, 0, len(entries))
	for _, e := range entries {
		views = append(views, effectView{ID: e.ID, Kind: e.Kind, Target: e.Target, State: e.State, Hindrance: e.Hindrance})
	}
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"items": views})
}
