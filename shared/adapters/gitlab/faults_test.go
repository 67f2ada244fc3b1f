package gitlab_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/slipwayhq/slipway/shared/scm/scmtest"
)

// faulty stands between the client and the embedded GitLab and breaks requests.
type faulty struct {
	next http.Handler

	mu       sync.Mutex
	active   bool
	fault    scmtest.Fault
	requests int
}

// Inject implements scmtest.Faults.
func (f *faulty) Inject(fault scmtest.Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active, f.fault, f.requests = true, fault, 0
}

// Requests implements scmtest.Faults.
func (f *faulty) Requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests
}

// hit tells whether a request fails, and how.
func (f *faulty) hit(r *http.Request) (scmtest.Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.active || r.Method != f.fault.Method || !strings.HasSuffix(r.URL.Path, f.fault.Suffix) {
		return scmtest.Fault{}, false
	}
	f.requests++
	return f.fault, f.fault.Times == 0 || f.requests <= f.fault.Times
}

// ServeHTTP implements http.Handler.
func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, broken := f.hit(r)
	if !broken {
		f.next.ServeHTTP(w, r)
		return
	}
	switch fault.Kind {
	case scmtest.LostAnswer:
		f.next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // the connection breaks
	case scmtest.FailedAfter:
		f.next.ServeHTTP(httptest.NewRecorder(), r)
		http.Error(w, "<html>Bad Gateway</html>", http.StatusBadGateway)
	case scmtest.FailedBefore:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"message":"500 Internal Server Error"}`)
	case scmtest.Throttled:
		w.Header().Set("Retry-After", fmt.Sprint(int(fault.Wait.Seconds())))
		http.Error(w, "Retry later", http.StatusTooManyRequests)
	case scmtest.Limited:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`)
	}
}
