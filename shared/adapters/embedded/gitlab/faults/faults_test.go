package faults_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/platform/clock"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		name   string
		fault  faults.Fault
		status int // 0: the connection is lost
		effect int64
		body   string
		header map[string]string
	}{
		{"none", faults.None(), 201, 1, "done", nil},
		{"before the effect", faults.Refused(503), 503, 0, "503 Service Unavailable", nil},
		{"after the effect", faults.EffectThen(502), 502, 1, "502 Bad Gateway", nil},
		{"answer lost", faults.AnswerLost(), 0, 1, "", nil},
		{"dropped", faults.Dropped(), 0, 0, "", nil},
		{"truncated", faults.Truncated(), 0, 1, "", nil},
		{"unauthorized", faults.Unauthorized(), 401, 0, `{"message":"401 Unauthorized"}`, nil},
		{"throttled", faults.Throttled(now, 1500*time.Millisecond), 429, 0, "Retry later", map[string]string{
			"Retry-After": "2", "RateLimit-Remaining": "0", "RateLimit-Reset": "1767323046", "Content-Type": "text/plain",
		}},
		{"limited", faults.Limited(), 429, 0, "requested too many times", map[string]string{"Retry-After": "", "RateLimit-Reset": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var effects atomic.Int64
			in, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				effects.Add(1)
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, "done")
			})
			in.Set(faults.Once(faults.On("POST", "/pipeline"), tt.fault))
			resp, err := post(t, url+"/api/v4/projects/1/pipeline")
			if tt.status == 0 {
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					err = errors.Join(err, resp.Body.Close())
				}
				if err == nil {
					t.Fatalf("the connection was not lost: %d", resp.StatusCode)
				}
			} else {
				check(t, resp, err, tt.status, tt.body, tt.header)
			}
			if n := effects.Load(); n != tt.effect {
				t.Errorf("the effect happened %d times, want %d", n, tt.effect)
			}
			resp, err = post(t, url+"/api/v4/projects/1/pipeline")
			check(t, resp, err, 201, "done", nil) // the fault was for one request
		})
	}
}

func TestAfterFailsInTheMiddle(t *testing.T) {
	t.Parallel()
	match := faults.On("GET", "/projects")
	decide := faults.After(2, match, faults.Times(1, match, faults.Refused(503)))
	var got []int
	for range 4 {
		got = append(got, decide(httptest.NewRequest(http.MethodGet, "/groups/a/projects", nil)).Status)
		if f := decide(httptest.NewRequest(http.MethodPost, "/groups/a/projects", nil)); f.Status != 0 {
			t.Errorf("a request that does not match: %+v", f)
		}
	}
	if fmt.Sprint(got) != "[0 0 503 0]" {
		t.Errorf("answered %v", got)
	}
}

func TestSlowWaitsOnTheClock(t *testing.T) {
	t.Parallel()
	manual := clock.NewManual(time.Unix(0, 0))
	in, err := faults.New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), manual)
	if err != nil {
		t.Fatal(err)
	}
	in.Set(faults.Always(faults.On("", "/x"), faults.Slow(time.Minute)))
	w := httptest.NewRecorder()
	done := make(chan struct{})
	go func() { in.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x", nil)); close(done) }()
	for manual.Waiting() == 0 {
		time.Sleep(time.Millisecond)
	}
	select {
	case <-done:
		t.Fatal("the request was answered before its delay")
	default:
	}
	manual.Advance(time.Minute)
	<-done
	if w.Code != http.StatusNoContent || len(in.Hits()) != 1 {
		t.Errorf("answered %d with hits %v", w.Code, in.Hits())
	}
}

func TestOn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, part, path string
		want               bool
	}{
		{"GET", "/hooks", "/api/v4/projects/1/hooks", true},
		{"", "/hooks", "/api/v4/projects/1/hooks", true},
		{"POST", "/hooks", "/api/v4/projects/1/hooks", false},
		{"GET", "/hooks", "/api/v4/projects/1/hooks/2", false},
		{"GET", "/hooks/", "/api/v4/projects/1/hooks/2", true},
	} {
		if got := faults.On(tt.method, tt.part)(httptest.NewRequest(http.MethodGet, tt.path, nil)); got != tt.want {
			t.Errorf("On(%q, %q) on %s is %v", tt.method, tt.part, tt.path, got)
		}
	}
}

func serve(t *testing.T, h http.HandlerFunc) (*faults.Injector, string) {
	t.Helper()
	in, err := faults.New(h, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(in)
	t.Cleanup(ts.Close)
	return in, ts.URL
}

func post(t *testing.T, url string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return http.DefaultClient.Do(r)
}

func check(t *testing.T, resp *http.Response, err error, status int, body string, header map[string]string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != status || !strings.Contains(string(raw), body) {
		t.Errorf("answered %d %s, want %d %s", resp.StatusCode, raw, status, body)
	}
	for k, want := range header {
		if got := resp.Header.Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
}
