package frontendapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/auth/permission"
)

// FuzzAuthorize holds every answer against the frontend's schema: the ids that were asked
// for, in their order, each decided.
func FuzzAuthorize(f *testing.F) {
	rig := newFrontend(f, permission.SignedIn{})
	token := rig.token("jane")
	for _, seed := range []string{
		`{"items":[]}`, `[]`, `{"items":[{"id":"1","permission":{"type":"basic","name":"n","attributes":{"action":"create"}}}]}`,
		`{"items":[{"id":"","permission":{"type":"resource","name":"n","attributes":{},"resourceType":"t"},"resourceRef":["a","b"]}]}`,
		`{"items":[{"id":"1","permission":{"type":"resource","name":"n","attributes":{},"resourceType":null},"resourceRef":[]}]}`, `{"items":[null]}`, `{"items":[{"id":"1","permission":[]}]}`,
		`{"items":[{"id":"__proto__","permission":{"type":"basic","name":"","attributes":{}},"resourceRef":null}]}`, "{\"items\":[{\"id\":\"\xff\"}]}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/api/permission/authorize", strings.NewReader(body))
		r.Header.Set("Authorization", token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		rig.ServeHTTP(w, r)
		switch w.Code {
		case http.StatusOK:
			var asked, got struct{ Items []struct{ ID, Result string } }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(body), &asked); err != nil || len(asked.Items) != len(got.Items) {
				t.Fatalf("%d asked, %d answered, %v", len(asked.Items), len(got.Items), err)
			}
			for i, item := range got.Items {
				if item.ID != asked.Items[i].ID || item.Result != "ALLOW" {
					t.Fatalf("%+v for %q", item, asked.Items[i].ID)
				}
			}
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			if name, message := errorOf(t, w); name == "" || message == "" {
				t.Fatal(w.Body)
			}
		default:
			t.Fatal(w.Code, w.Body)
		}
	})
}

// FuzzUserSetting sets whatever a body holds and reads it back, by either generation's route.
func FuzzUserSetting(f *testing.F) {
	rig := newFrontend(f, permission.SignedIn{})
	token := rig.token("jane")
	for _, seed := range []string{`{"value":1}`, `{"value":{"a":[null,1e999,"\u0000<\u2028"]}}`, `{}`, `[]`, `{"value":1,"value":2}`, ``, `{"value":"\ud800"}`} {
		f.Add("b", seed)
	}
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		rig.ServeHTTP(w, r)
		return w
	}
	f.Fuzz(func(t *testing.T, key, body string) {
		name, err := json.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		many := ask("POST", "/api/user-settings/multiget", `{"items":[{"bucket":"b","key":`+string(name)+`}]}`)
		if many.Code != http.StatusOK {
			t.Fatalf("%q: %d %s", key, many.Code, many.Body)
		}
		const path = "/api/user-settings/buckets/b/keys/k"
		put := ask("PUT", path, body)
		switch put.Code {
		case http.StatusOK:
			if got := ask("GET", path, ""); got.Code != http.StatusOK || got.Body.String() != put.Body.String() {
				t.Fatalf("put %s, got %s", put.Body, got.Body)
			}
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		default:
			t.Fatal(put.Code, put.Body)
		}
	})
}
