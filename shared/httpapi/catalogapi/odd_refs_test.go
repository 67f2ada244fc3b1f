package catalogapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// What no ref can be is not there, whatever asks for it.
func TestOddNamesAreNotThere(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	for _, name := range []string{"", " ", "x", strings.Repeat("a", 5000), "ü\u0000", "\x01", "a/b:c#d", "component:", "component:default/", "…/\u202e", "LOG#HEAD"} {
		body, err := json.Marshal(map[string]string{"entityRef": name})
		if err != nil {
			t.Fatal(err)
		}
		if w := call(server, "POST", "/refresh", string(body)); w.Code != http.StatusNotFound {
			t.Errorf("refreshing %.40q: %d %.200s", name, w.Code, w.Body)
		}
		if name == "" {
			continue
		}
		odd := url.PathEscape(name)
		for _, path := range []string{
			"/entities/by-name/" + odd + "/default/x", "/entities/by-name/component/" + odd + "/x", "/entities/by-name/component/default/" + odd,
			"/entities/by-name/component/default/" + odd + "/ancestry", "/entities/by-name/component/default/" + odd + "/history",
			"/entities/by-uid/" + odd, "/locations/" + odd, "/locations/by-entity/component/default/" + odd,
		} {
			if w := call(server, "GET", path, ""); w.Code != http.StatusNotFound {
				t.Errorf("%.80s: %d %.200s", path, w.Code, w.Body)
			}
		}
		if w := call(server, "DELETE", "/entities/by-uid/"+odd, ""); w.Code != http.StatusNoContent {
			t.Errorf("deleting %.40q: %d %.200s", name, w.Code, w.Body)
		}
	}
}
