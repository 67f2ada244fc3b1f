package gitlab_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// stepping is a clock that stands still and never makes anybody wait.
type stepping struct {
	at    time.Time
	slept atomic.Int64 // nanoseconds
}

var _ clock.Clock = (*stepping)(nil)

func (s *stepping) Now() time.Time { return s.at }

func (s *stepping) Sleep(ctx context.Context, d time.Duration) error {
	s.slept.Add(int64(d))
	return ctx.Err()
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0).UTC()
	for _, tc := range []struct {
		name       string
		header     string
		value      string
		status     int
		requests   int32
		retryAfter time.Duration
	}{
		{"short, in seconds", "Retry-After", "2", 429, 4, 2 * time.Second},
		{"long, in seconds", "Retry-After", "4", 429, 1, 4 * time.Second},
		{"as a date", "Retry-After", at.Add(time.Minute).Format(http.TimeFormat), 429, 1, time.Minute},
		{"a date in the past", "Retry-After", at.Add(-time.Minute).Format(http.TimeFormat), 429, 4, 0},
		{"until a moment", "RateLimit-Reset", strconv.FormatInt(at.Unix()+30, 10), 429, 1, 30 * time.Second},
		{"until soon", "RateLimit-Reset", strconv.FormatInt(at.Unix()+1, 10), 429, 4, time.Second},
		{"until the end of time", "RateLimit-Reset", "99999999999999", 429, 1, time.Hour},
		{"nonsense", "Retry-After", "soon", 429, 4, 0},
		{"negative", "Retry-After", "-5", 429, 4, 0},
		{"too large a number", "Retry-After", "99999999999999999999", 429, 4, 0},
		{"no header", "X-Other", "1", 429, 4, 0},
		{"maintenance, long", "Retry-After", "120", 503, 1, 2 * time.Minute},
		{"maintenance, short", "Retry-After", "1", 503, 4, time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var seen atomic.Int32
			ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				seen.Add(1)
				w.Header().Set(tc.header, tc.value)
				w.WriteHeader(tc.status)
			}))
			defer ts.Close()
			watch := &stepping{at: at}
			c, err := gitlab.New(gitlab.Config{
				BaseURL: ts.URL, Clock: watch, Token: func(context.Context) (string, error) { return token, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Pipeline(t.Context(), 1, 1)
			var failure *errs.Error
			if !errors.As(err, &failure) || failure.RetryAfter != tc.retryAfter {
				t.Errorf("%#v, want RetryAfter %v", err, tc.retryAfter)
			}
			if seen.Load() != tc.requests {
				t.Errorf("%d requests, want %d", seen.Load(), tc.requests)
			}
			waits := time.Duration(tc.requests-1) * min(tc.retryAfter, 3*time.Second)
			if slept := time.Duration(watch.slept.Load()); slept < waits || slept > waits+10*time.Second {
				t.Errorf("waited %v, asked for %v", slept, waits)
			}
		})
	}
}
