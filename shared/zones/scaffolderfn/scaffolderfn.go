// Package scaffolderfn puts together the trust zone behind /api/scaffolder: what the
// function "scaffolder" runs in the cloud and the whole-system process runs locally. Its
// GitLab token only reads: it says what templates ask for and would do, starts the machine
// that does it, and passes on the log.
package scaffolderfn

import (
	"errors"
	"net/http"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/scaffolderapi"
	"github.com/slipwayhq/slipway/shared/scaffolder/taskbroker"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
	"github.com/slipwayhq/slipway/shared/zones/acceptance"
)

// Deps is what the zone may touch.
type Deps struct {
	acceptance.Deps
	Authenticator auth.Authenticator
}

// New makes the zone.
func New(d Deps) (http.Handler, error) {
	parts, err := acceptance.New(d.Deps)
	if err != nil {
		return nil, err
	}
	ops := parts.Operations
	runs, err1 := taskbroker.New(taskbroker.Deps{Operations: ops, Catalog: parts.Catalog, Rehearser: parts.Tools.Rehearser, IDs: d.IDs})
	events, err2 := tasks.NewEvents(ops, ops)
	rt, err3 := httpapi.NewRouter(httpapi.Config{Authenticator: d.Authenticator, Logger: d.Log, Clock: d.Clock, IDs: d.IDs})
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	scaffolderapi.Handle(rt, scaffolderapi.API{
		Tasks: runs, Events: events, Templates: runs, Suggesters: map[string]scaffolderapi.Suggester{"gitlab": taskbroker.GitLabSuggester{GitLab: d.SCM}},
	})
	return rt, nil
}
