package httpapi

import (
	"net"
	"net/http"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// LoopbackOnly lets through requests that name this machine by a loopback address. A server
// that lets everybody in as a guest needs it: a page in the user's browser can have its own
// name resolve to 127.0.0.1 (DNS rebinding) and would reach the server as its own origin.
func LoopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			writeError(w, r, errs.New(errs.Forbidden, "this server answers to a loopback address only, such as 127.0.0.1"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
