package template

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every path that the API's description promises is one that the HTTP API sends on.
func TestDescribedPathsAreRouted(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(root, "shared/httpapi/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal(raw, &doc); err != nil || len(doc.Paths) == 0 {
		t.Fatalf("%d paths, %v", len(doc.Paths), err)
	}
	events := load(t).Events("HttpApi")
	for path, methods := range doc.Paths {
		for method := range methods {
			routed := false
			for _, e := range events {
				routed = routed || e.Function == owner(path) && takes(Text(e.Props["Method"]), Text(e.Props["Path"]), strings.ToUpper(method), path)
			}
			if !routed {
				t.Errorf("%s %s leads nowhere", strings.ToUpper(method), path)
			}
		}
	}
}

// owner gives the function that answers a path.
func owner(path string) string {
	if strings.HasPrefix(path, "/api/catalog/") {
		return "CatalogFunction"
	}
	return "OperationsFunction"
}

// takes reports whether a route of the HTTP API takes a request.
func takes(routeMethod, route, method, path string) bool {
	prefix, below := strings.CutSuffix(route, "{proxy+}")
	fits := path == route || (below && strings.HasPrefix(path, prefix) && path != prefix)
	return fits && (routeMethod == "ANY" || routeMethod == method)
}
