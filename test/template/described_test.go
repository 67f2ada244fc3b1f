package template

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/zones/streamfn"
)

type nobody struct{}

func (nobody) Authenticate(context.Context, []string) (auth.Principal, error) {
	return auth.Principal{}, nil
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// The paths that the distribution sends to the function URL are those that stream, and no
// others do.
func TestStreamedPathsAreServed(t *testing.T) {
	t.Parallel()
	zone, err := streamfn.New(streamfn.Deps{
		Operations: struct{ table.Table }{}, Authenticator: nobody{}, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	var served []string
	for _, r := range zone.Routes() {
		served = append(served, parameter.ReplaceAllString(r.Pattern, "*"))
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(streamedPaths)), served); diff != "" {
		t.Errorf("sent to the function (-) and served by it (+):\n%s", diff)
	}
}

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
			routed := slices.Contains(streamedPaths, parameter.ReplaceAllString(path, "*"))
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
