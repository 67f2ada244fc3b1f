package rest

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// failure is an answer that is not a success.
type failure struct {
	status   int
	body     any
	location string // of a redirect
}

// Error gives the status and the body, for a log.
func (f failure) Error() string { return fmt.Sprintf("%d %v", f.status, f.body) }

// message is GitLab's envelope of errors from services.
func message(status int, m any) failure { return failure{status: status, body: object{"message": m}} }

// invalid is GitLab's envelope of errors from parameter validation.
func invalid(text string) failure {
	return failure{status: http.StatusBadRequest, body: object{"error": text}}
}

func badRequest(m any) failure { return message(http.StatusBadRequest, m) }

func notFound(what string) failure {
	if what == "" {
		return message(http.StatusNotFound, "404 Not Found")
	}
	return message(http.StatusNotFound, "404 "+what+" Not Found")
}

func unauthorized() failure { return message(http.StatusUnauthorized, "401 Unauthorized") }

func forbidden(reason string) failure {
	if reason == "" {
		return message(http.StatusForbidden, "403 Forbidden")
	}
	return message(http.StatusForbidden, "403 Forbidden - "+reason)
}

func insufficientScope() failure {
	return failure{status: http.StatusForbidden, body: object{
		"error":             "insufficient_scope",
		"error_description": "The request requires higher privileges than provided by the access token.",
		"scope":             "api",
	}}
}

// fail answers with a failure; any other error is a 500 that says nothing specific.
func (c *call) fail(err error) {
	var f failure
	if errors.As(err, &f) {
		if f.location != "" {
			c.w.Header().Set("Location", f.location)
		}
		_ = c.json(f.status, f.body)
		return
	}
	if errors.Is(err, gitstore.ErrNotFound) || errors.Is(err, state.ErrNotFound) { // also what was removed meanwhile
		_ = c.json(http.StatusNotFound, notFound("").body)
		return
	}
	c.Logger.ErrorContext(c.r.Context(), "a GitLab request failed", "method", c.r.Method, "route", c.r.Pattern, "error", err)
	_ = c.json(http.StatusInternalServerError, object{"message": "500 Internal Server Error"})
}

// require answers GitLab's validation error unless all parameters are there.
func (c *call) require(names ...string) error {
	missing := ""
	for _, n := range names {
		if v, ok := c.p[n]; !ok || v == nil {
			if missing != "" {
				missing += ", "
			}
			missing += n + " is missing"
		}
	}
	if missing != "" {
		return invalid(missing)
	}
	for _, n := range names {
		if s, ok := c.p[n].(string); ok && s == "" {
			return invalid(n + " is empty")
		}
	}
	return nil
}
