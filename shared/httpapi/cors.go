package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// What a frontend of another origin may send and see. They are those of template.yaml's
// CorsConfiguration: in the cloud API Gateway answers in place of CORS.
var (
	corsMethods = []string{"GET", "HEAD", "PATCH", "POST", "PUT", "DELETE"}
	corsHeaders = []string{"authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id", "x-request-id", "x-requested-with"}
	corsExposed = []string{"etag", "link", "location", "retry-after", "x-request-id"}
)

// CORS lets frontends of these origins call next from a browser, with credentials
// (https://fetch.spec.whatwg.org/#http-cors-protocol). Other origins are answered too, but
// their browsers won't show them the answer. An origin is SCHEME://HOST[:PORT].
func CORS(next http.Handler, origins []string) (http.Handler, error) {
	for _, o := range origins {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != o || u.Scheme != "http" && u.Scheme != "https" || strings.ToLower(o) != o || strings.Contains(o, "*") {
			return nil, errs.New(errs.Invalid, "an origin is http(s)://HOST[:PORT] in lower case, without a path: "+errs.Clip(o))
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		known := slices.Contains(origins, origin)
		if known {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Credentials", "true")
			w.Header().Set("Access-Control-Expose-Headers", strings.Join(corsExposed, ","))
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			preflight(w, r, known)
			return
		}
		next.ServeHTTP(w, r)
	}), nil
}

// preflight answers the question that a browser asks before a call. An unknown origin is
// told nothing, which refuses it.
func preflight(w http.ResponseWriter, r *http.Request, known bool) {
	h := w.Header()
	h.Add("Vary", "Access-Control-Request-Headers")
	if known {
		h.Del("Access-Control-Expose-Headers")
		h.Set("Access-Control-Allow-Methods", strings.Join(corsMethods, ","))
		h.Set("Access-Control-Max-Age", "600")
		if allowed := allowedHeaders(r.Header.Get("Access-Control-Request-Headers")); allowed != "" {
			h.Set("Access-Control-Allow-Headers", allowed)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// allowedHeaders gives those of the asked ones that may be sent.
func allowedHeaders(asked string) string {
	var out []string
	for _, name := range strings.Split(asked, ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); slices.Contains(corsHeaders, name) {
			out = append(out, name)
		}
	}
	return strings.Join(out, ",")
}

// SameMachine lets through what no web page of elsewhere has sent. A server that lets
// everybody in as a guest needs it beside LoopbackOnly: a page may send simple requests
// anywhere, without asking first, and need not see the answer for the harm to be done. Pages
// of this machine (another port is another origin) and of the listed origins may.
func SameMachine(next http.Handler, origins []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		u, err := url.Parse(origin)
		if origin != "" && !slices.Contains(origins, origin) && (err != nil || !isLoopback(u.Host)) {
			writeError(w, r, errs.New(errs.Forbidden, "pages of this origin may not call this server"))
			return
		}
		next.ServeHTTP(w, r)
	})
}
