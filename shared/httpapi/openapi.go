package httpapi

import (
	_ "embed"
	"encoding/json"
	"net/http"
)

// openAPI describes Slipway's own API: operations, audit trail and environments. Tests hold
// it against the route table, the Go types and the answers of a running system.
//
//go:embed openapi.json
var openAPI []byte

// HandleOpenAPI registers the route that serves the API's description. It is public: it
// says nothing that is not in the sources, and a client reads in it how to sign in.
func HandleOpenAPI(rt *Router) {
	rt.Handle("GET /openapi.json", func(w http.ResponseWriter, r *http.Request) error {
		return WriteTagged(w, r, json.RawMessage(openAPI))
	}, Public())
}
