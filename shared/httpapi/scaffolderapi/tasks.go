package scaffolderapi

import (
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

var newTaskSchema = request.Object(request.Has("templateRef", request.Text()), request.Has("values", request.Object()), request.Has("secrets", request.TextsByName())).Requiring("templateRef", "values")

func (h scaffolderHandler) create(w http.ResponseWriter, r *http.Request) error {
	body, written, err := readWritten(r, newTaskSchema)
	if err != nil {
		return err
	}
	id, err := h.Tasks.Create(r.Context(), tasks.Request{
		Template: body.Text("templateRef"), Values: written.Values, Secrets: body.TextMap("secrets"),
	})
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusCreated, map[string]string{"id": id})
}

func (h scaffolderHandler) get(w http.ResponseWriter, r *http.Request) error {
	t, err := h.Tasks.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return httpapi.WriteTaggedJSON(w, r, t)
}

func (h scaffolderHandler) list(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "createdBy", "limit", "offset", "order", "status")
	if err != nil {
		return err
	}
	q, err := taskQuery(p)
	if err != nil {
		return err
	}
	page, err := h.Tasks.List(r.Context(), q)
	if err != nil {
		return err
	}
	return httpapi.WriteTaggedJSON(w, r, page)
}

func taskQuery(p request.Params) (q tasks.Query, err error) {
	if q.Limit, err = p.Number("limit", -1); err != nil {
		return q, err
	}
	if q.Offset, err = p.Number("offset", 0); err != nil {
		return q, err
	}
	q.CreatedBy = p.All("createdBy")
	for _, status := range p.All("status") {
		q.Status = append(q.Status, tasks.Status(status))
	}
	for i, order := range p.All("order") {
		if err := taskOrder(&q, i == 0, order); err != nil {
			return q, err
		}
	}
	return q, nil
}

var orderForm = lazyregexp.New(`^(asc|desc):(.+)$`)

// taskOrder reads one order; the first decides. Tasks that are equal in it come newest first.
func taskOrder(q *tasks.Query, first bool, text string) error {
	parts := orderForm.FindStringSubmatch(text)
	if parts == nil {
		return errs.New(errs.Invalid, "Invalid order parameter \""+errs.Clip(text)+"\", expected \"<asc or desc>:<field name>\"")
	}
	switch parts[2] {
	case "created_at", "status", "created_by":
	default:
		return errs.New(errs.Invalid, "Invalid order field \""+errs.Clip(parts[2])+"\"")
	}
	if first {
		q.Order, q.Ascending = parts[2], parts[1] == "asc"
	}
	return nil
}

func (h scaffolderHandler) cancel(w http.ResponseWriter, r *http.Request) error {
	if err := h.Tasks.Cancel(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	return httpapi.WriteTaggedJSON(w, r, map[string]string{"status": "cancelled"})
}

var retrySchema = request.Object(request.Has("secrets", request.TextsByName()))

func (h scaffolderHandler) retry(w http.ResponseWriter, r *http.Request) error {
	body, err := request.Read(r, retrySchema, true)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := h.Tasks.Retry(r.Context(), id, body.TextMap("secrets")); err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusCreated, map[string]string{"id": id})
}
