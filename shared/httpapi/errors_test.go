package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestErrorsByKindAndSurface(t *testing.T) {
	t.Parallel()
	fields := errs.WithFields("the form is not valid", []errs.Field{{Pointer: "/parameters/name", Message: "must not be empty"}})
	for _, c := range []struct {
		name      string
		err       error
		status    int
		problem   string
		backstage string
	}{
		{
			"fields", fmt.Errorf("planning: %w", fields), 400,
			`{"type":"urn:slipway:problem:invalid","title":"The request is not valid","status":400,"detail":"the form is not valid","requestId":"r1","errors":[{"detail":"must not be empty","pointer":"#/parameters/name"}]}`,
			`{"error":{"name":"InputError","message":"the form is not valid: /parameters/name must not be empty"},"request":{"method":"GET","url":"/x?a=b"},"response":{"statusCode":400}}`,
		},
		{
			"not found", errs.New(errs.NotFound, "no such thing"), 404,
			`{"type":"urn:slipway:problem:notfound","title":"Not found","status":404,"detail":"no such thing","requestId":"r1"}`,
			`{"error":{"name":"NotFoundError","message":"no such thing"},"request":{"method":"GET","url":"/x?a=b"},"response":{"statusCode":404}}`,
		},
		{
			"internal", errors.New("password=hunter2"), 500,
			`{"type":"urn:slipway:problem:internal","title":"A fault on our side","status":500,"detail":"an internal error occurred","requestId":"r1"}`,
			`{"error":{"name":"Error","message":"An internal error occurred logId=LOGID"},"request":{"method":"GET","url":"/x?a=b"},"response":{"statusCode":500}}`,
		},
		{
			"deadline", fmt.Errorf("reading: %w", context.DeadlineExceeded), 503,
			`{"type":"urn:slipway:problem:unavailable","title":"Not available at the moment","status":503,"detail":"this took too long","requestId":"r1"}`,
			`{"error":{"name":"ServiceUnavailableError","message":"this took too long"},"request":{"method":"GET","url":"/x?a=b"},"response":{"statusCode":503}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Handle("GET /api/operations/x", failWith(c.err))
			r.Handle("GET /api/catalog/x", failWith(c.err))
			own := r.do("GET", "/api/operations/x?a=b", "", httpapi.RequestIDHeader, "r1")
			if own.Code != c.status || own.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%d %v", own.Code, own.Header())
			}
			if d := cmp.Diff(c.problem, own.Body.String()); d != "" {
				t.Error(d)
			}
			theirs := r.do("GET", "/api/catalog/x?a=b", "", httpapi.RequestIDHeader, "r1")
			body := regexp.MustCompile(`logId=[0-9a-f]{20}"`).ReplaceAllString(theirs.Body.String(), `logId=LOGID"`)
			if d := cmp.Diff(c.backstage, body); d != "" || theirs.Code != c.status {
				t.Error(theirs.Code, d)
			}
		})
	}
}

func TestStatusOfEveryKind(t *testing.T) {
	t.Parallel()
	for kind, want := range map[errs.Kind]int{
		errs.Invalid: 400, errs.Unauthenticated: 401, errs.Forbidden: 403, errs.NotFound: 404, errs.Conflict: 409,
		errs.TooLarge: 413, errs.RateLimited: 429, errs.Unavailable: 503, errs.Internal: 500, "Unheard": 500,
	} {
		if got := httpapi.StatusOf(errs.New(kind, "")); got != want {
			t.Errorf("%s: %d, want %d", kind, got, want)
		}
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Handle("GET /api/operations", failWith(&errs.Error{Kind: errs.RateLimited, Message: "slow down", RetryAfter: 1200 * time.Millisecond}))
	w := r.do("GET", "/api/operations", "")
	if w.Code != 429 || w.Header().Get("Retry-After") != "2" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
