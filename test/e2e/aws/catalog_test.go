package aws

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/wire/demo"
)

// ask is one request to the catalog: what is sent, and what is in the answer.
type ask struct {
	request string // method and path
	body    any
	status  int
	want    string
}

// catalogRoutes asks each family of the catalog's routes once through the gateway; what
// they answer in every case is tested where they are.
func catalogRoutes(t *testing.T, s *stack) {
	const order = "component:default/orders"
	var entity struct {
		Metadata struct{ UID string }
	}
	s.portal.must(t, http.StatusOK, http.MethodGet, "/api/catalog/entities/by-name/component/default/orders", nil).into(t, &entity)
	target := map[string]string{"type": "url", "target": s.gitlabURL + "/" + demo.AppsGroup + "/orders/-/blob/main/catalog-info.yaml"}
	asks := []ask{
		{"GET /api/catalog/entities?filter=kind=component&fields=metadata.name", nil, 200, `"orders"`},
		{"GET /api/catalog/entities/by-query?filter=kind=awsenvironment&orderField=metadata.name,desc&limit=1", nil, 200, `"nextCursor"`},
		{"POST /api/catalog/entities/by-query", map[string]any{"query": map[string]any{"kind": "component"}, "limit": 1}, 200, `"totalItems"`},
		{"GET /api/catalog/entities/by-query?fullTextFilterTerm=ships&fullTextFilterFields=metadata.description", nil, 200, `"orders"`},
		{"GET /api/catalog/entities/by-uid/" + entity.Metadata.UID, nil, 200, `"orders"`},
		{"GET /api/catalog/entities/by-name/component/default/orders/ancestry", nil, 200, order},
		{"POST /api/catalog/entities/by-refs", map[string]any{"entityRefs": []string{order, "component:default/none"}}, 200, "null"},
		{"GET /api/catalog/entity-facets?facet=kind", nil, 200, `"Template"`},
		{"POST /api/catalog/refresh", map[string]string{"entityRef": order}, 200, ""},
		{"POST /api/catalog/refresh", map[string]string{"entityRef": "component:default/none"}, 404, "NotFoundError"},
		{"GET /api/catalog/locations", nil, 200, "all.yaml"},
		{"GET /api/catalog/locations/by-entity/component/default/orders", nil, 200, "apps/orders"},
		{"POST /api/catalog/locations/by-query", map[string]any{"limit": 1}, 200, `"items"`},
		{"POST /api/catalog/locations?dryRun=true", target, 201, `"exists":true`},
		{"POST /api/catalog/locations", target, 409, "ConflictError"},
		{"POST /api/catalog/analyze-location", map[string]any{"location": target}, 200, `"existingEntityFiles"`},
		{"POST /api/catalog/validate-entity", map[string]any{"entity": map[string]any{"kind": "Component"}, "location": "url:https://gitlab.com/a/b/-/blob/main/c.yaml"}, 400, "errors"},
		{"GET /api/catalog/entities/by-name/component/default/orders/history", nil, 200, "Takes and ships orders"},
		{"GET /api/catalog/graph?direction=dependents&from=" + order, nil, 200, `"nodes"`},
		{"GET /api/catalog/problems", nil, 200, `"items"`},
		{"GET /api/catalog/entities?asOf=2020-01-01T00:00:00Z", nil, 200, "[]"},
		{"GET /api/search/query?term=ships", nil, 200, "orders"},
	}
	stranger := &portal{base: s.portal.base}
	for _, a := range asks {
		method, path, _ := strings.Cut(a.request, " ")
		got := s.portal.ask(t, method, path, a.body)
		if got.Status != a.status || !bytes.Contains(got.Body, []byte(a.want)) {
			t.Errorf("%s: %d, want %d with %s: %.500s", a.request, got.Status, a.status, a.want, got.Body)
		}
		if got := stranger.ask(t, method, path, a.body); got.Status != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", a.request, got.Status)
		}
	}
}
