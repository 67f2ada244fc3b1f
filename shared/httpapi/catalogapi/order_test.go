package catalogapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// TestKeysAreInBackstagesOrder: of the entities that both have, the keys stand where they do
// in the recordings, whose fixtures came from somewhere else.
func TestKeysAreInBackstagesOrder(t *testing.T) {
	t.Parallel()
	s := goldenSession(t)
	files, err := filepath.Glob("../testdata/backstage/catalog/*-byname-*.json")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var recorded struct {
			Request  struct{ Path string }
			Response struct {
				Status int
				Body   json.RawMessage
			}
		}
		if err := json.Unmarshal(raw, &recorded); err != nil {
			t.Fatal(err)
		}
		if recorded.Response.Status != http.StatusOK {
			continue
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/catalog"+recorded.Request.Path, nil))
		want, got := keys(t, recorded.Response.Body), keys(t, w.Body.Bytes())
		if diff := cmp.Diff(common(want, got), common(got, want)); diff != "" || len(got) < 10 {
			t.Errorf("%s (-want +got):\n%s", recorded.Request.Path, diff)
		}
		compared++
	}
	if compared < 7 {
		t.Errorf("only %d of %d recordings were compared", compared, len(files))
	}
}

// keys gives the ways to all members of a document, in their order.
func keys(t *testing.T, document []byte) []string {
	t.Helper()
	v, order, err := keyorder.Decode(document)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	var walk func(way string, v any, o *keyorder.Order)
	walk = func(way string, v any, o *keyorder.Order) {
		switch v := v.(type) {
		case map[string]any:
			for name := range o.Keys(v) {
				list = append(list, way+"/"+name)
				walk(way+"/"+name, v[name], o.Member(name))
			}
		case []any:
			for i, item := range v {
				walk(way, item, o.Item(i))
			}
		}
	}
	walk("", v, order)
	return list
}

// common gives what is in both, and all that is no annotation.
func common(of, other []string) []string {
	return slices.DeleteFunc(slices.Clone(of), func(way string) bool {
		return strings.HasPrefix(way, "/metadata/annotations/") && !slices.Contains(other, way)
	})
}
