package scaffolderapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

// Tasks runs templates and shows what came of it.
type Tasks interface {
	Create(ctx context.Context, r tasks.Request) (string, error)
	Get(ctx context.Context, id string) (*tasks.Task, error)
	List(ctx context.Context, q tasks.Query) (tasks.Page, error)
	Cancel(ctx context.Context, id string) error
	Retry(ctx context.Context, id string, secrets map[string]string) error
}

// Events tells how tasks go on.
type Events interface {
	// After gives the events behind a place as soon as there are any; none when ctx ends first.
	After(ctx context.Context, id string, after int) ([]tasks.Event, error)
}

// Templates shows what templates ask for, can call and would do.
type Templates interface {
	Form(ctx context.Context, ref entity.Ref) (*tasks.Form, error)
	Actions() []tasks.Action
	DryRun(ctx context.Context, r tasks.DryRequest) (*tasks.DryRun, error)
}

// Suggester completes what people begin to write into forms.
type Suggester interface {
	Suggest(ctx context.Context, resource string, about map[string]string) ([]tasks.Suggestion, error)
}

var _ Events = (*tasks.Events)(nil)

// API is what is behind /api/scaffolder.
type API struct {
	Tasks     Tasks
	Events    Events
	Templates Templates
	// Suggesters complete values, by provider: "gitlab".
	Suggesters map[string]Suggester
	// Hold is how long a question for events waits for one; 25 s when zero, less than what
	// an HTTP API of API Gateway gives an integration.
	Hold time.Duration
}

// Handle registers the routes of Backstage's scaffolder
// (@backstage/plugin-scaffolder-backend 4.2, schema/openapi.yaml), but for the one that
// streams: HandleStream.
func Handle(rt *httpapi.Router, s API) {
	if s.Hold == 0 {
		s.Hold = 25 * time.Second
	}
	h := scaffolderHandler{s}
	const mount = "/api/scaffolder/v2"
	for pattern, handle := range map[string]httpapi.Handler{
		"GET " + mount + "/actions":                                              withoutParams(h.actions),
		"GET " + mount + "/templating-extensions":                                withoutParams(extensionList),
		"GET " + mount + "/templates/{namespace}/{kind}/{name}/parameter-schema": withoutParams(h.form),
		"POST " + mount + "/tasks":                                               withoutParams(h.create),
		"GET " + mount + "/tasks":                                                h.list,
		"GET " + mount + "/tasks/{id}":                                           withoutParams(h.get),
		"GET " + mount + "/tasks/{id}/events":                                    h.events,
		"POST " + mount + "/tasks/{id}/cancel":                                   withoutParams(h.cancel),
		"POST " + mount + "/tasks/{id}/retry":                                    withoutParams(h.retry),
		"POST " + mount + "/autocomplete/{provider}/{resource}":                  withoutParams(h.suggest),
	} {
		rt.Handle(pattern, inForm(handle))
	}
	rt.Handle("POST "+mount+"/dry-run", inForm(withoutParams(h.dryRun)), httpapi.MaxBody(10<<20))
}

// withoutParams refuses query parameters, as Backstage does where it knows none.
func withoutParams(h httpapi.Handler) httpapi.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := request.ReadParams(r); err != nil {
			return err
		}
		return h(w, r)
	}
}

type scaffolderHandler struct{ API }

// inForm answers with what is wrong with the values of a form, as a list.
func inForm(h httpapi.Handler) httpapi.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		var values *tasks.FormError
		if !errors.As(err, &values) {
			return err
		}
		return httpapi.WriteJSON(w, http.StatusBadRequest, map[string]any{"errors": values.Errors})
	}
}

func (h scaffolderHandler) actions(w http.ResponseWriter, r *http.Request) error {
	return httpapi.WriteTaggedJSON(w, r, h.Templates.Actions())
}

func extensionList(w http.ResponseWriter, r *http.Request) error {
	return httpapi.WriteTagged(w, r, tasks.Extensions())
}

func (h scaffolderHandler) form(w http.ResponseWriter, r *http.Request) error {
	ref := entity.Ref{Kind: r.PathValue("kind"), Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
	f, err := h.Templates.Form(r.Context(), ref)
	if err != nil {
		return err
	}
	return httpapi.WriteTaggedJSON(w, r, f)
}
