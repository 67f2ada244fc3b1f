package auditapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Records shows the audit trail.
type Records interface {
	Records(ctx context.Context, q audit.Query) (audit.Page, error)
}

// Handle registers the routes below /api/audit.
func Handle(rt *httpapi.Router, a Records) {
	h := auditHandler{a}
	rt.Handle("GET /api/audit/records", h.records)
}

type auditHandler struct{ a Records }

// auditPage is one page of records, newest first.
type auditPage struct {
	Items      []audit.Record `json:"items"`
	NextCursor string         `json:"nextCursor,omitempty"`
}

func (h auditHandler) records(w http.ResponseWriter, r *http.Request) error {
	q, err := auditQuery(r)
	if err != nil {
		return err
	}
	page, err := h.a.Records(r.Context(), q)
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, auditPage{Items: page.Records, NextCursor: page.Next})
}

var auditParams = []string{"operation", "entity", "actor", "from", "to", "cursor", "limit"}

// auditQuery reads the parameters and names everything that is wrong with them.
func auditQuery(r *http.Request) (audit.Query, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return audit.Query{}, errs.Wrap(errs.Invalid, "the query string can't be read", err)
	}
	var fields []errs.Field
	for name, given := range values {
		switch {
		case !slices.Contains(auditParams, name):
			fields = append(fields, errs.Field{Pointer: "/" + fmt.Sprintf("%.60s", name), Message: "is not known here"})
		case len(given) > 1:
			fields = append(fields, errs.Field{Pointer: "/" + name, Message: "is given more than once"})
		}
	}
	q := audit.Query{
		Operation: values.Get("operation"), Entity: values.Get("entity"), Actor: values.Get("actor"), Cursor: values.Get("cursor"),
		From: moment(values, "from", &fields), To: moment(values, "to", &fields),
	}
	if q.Limit, err = request.PageLimit(r); err != nil {
		fields = append(fields, errs.Fields(err)...)
	}
	if len(fields) > 0 {
		slices.SortFunc(fields, func(a, b errs.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
		return audit.Query{}, errs.WithFields("the query is not valid", fields)
	}
	return q, nil
}

func moment(values url.Values, name string, fields *[]errs.Field) time.Time {
	text := values.Get(name)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		*fields = append(*fields, errs.Field{Pointer: "/" + name, Message: "must be a time such as 2026-11-22T09:00:00Z"})
	}
	return at
}
