package frontendapi_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth/permission"
)

func errorOf(t *testing.T, w *httptest.ResponseRecorder) (name, message string) {
	t.Helper()
	var e struct {
		Error struct{ Name, Message string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
		t.Fatalf("%d %q: %v", w.Code, w.Body, err)
	}
	return e.Error.Name, e.Error.Message
}

// TestUserSettings follows a setting through its life, on the routes of both generations of
// frontends (facts of @backstage/plugin-user-settings-backend 0.4.7's router).
func TestUserSettings(t *testing.T) {
	t.Parallel()
	rig := newFrontend(t, permission.SignedIn{})
	const path = "/api/user-settings/buckets/default.starredEntities/keys/entityRefs"
	const many = "/api/user-settings/multiget"
	for _, c := range []struct{ as, method, path, body, want string }{
		{"jane", "GET", path, "", "404 Unable to find 'entityRefs' in bucket 'default.starredEntities'"},
		{"jane", "POST", many, `{"items":[{"bucket":"default.starredEntities","key":"entityRefs"}]}`, `200 {"items":[null]}`},
		{"jane", "PUT", path, `{"value":["component:default/x"]}`, `200 {"bucket":"default.starredEntities","key":"entityRefs","value":["component:default/x"]}`},
		{"jane", "GET", path, "", `200 {"bucket":"default.starredEntities","key":"entityRefs","value":["component:default/x"]}`},
		{"jane", "POST", many, `{"items":[{"bucket":"x","key":"y"},{"bucket":"default.starredEntities","key":"entityRefs"}]}`, `200 {"items":[null,{"value":["component:default/x"]}]}`},
		{"joe", "GET", path, "", "404 Unable to find"},
		{"joe", "DELETE", path, "", "204 "},
		{"jane", "GET", path, "", "200 "},
		{"jane", "PUT", path, ` { "value" : null , "more": 1 } `, `200 {"bucket":"default.starredEntities","key":"entityRefs","value":null}`},
		{"jane", "POST", many, `{"items":[{"bucket":"default.starredEntities","key":"entityRefs"}]}`, `200 {"items":[{"value":null}]}`},
		{"jane", "DELETE", path, "", "204 "},
		{"jane", "DELETE", path, "", "204 "},
		{"jane", "GET", path, "", "404 Unable to find"},
		{"jane", "PUT", path, `{}`, `400 Missing required field "value"`},
		{"jane", "PUT", path, `{"Value":1}`, `400 Missing required field "value"`},
		{"jane", "PUT", path, `[1]`, `400 Missing required field "value"`},
		{"jane", "PUT", path, `{"value":1`, `400 Unexpected end of JSON input`},
		{"jane", "PUT", path, `{"value":1,"value":2}`, `400 `},
		{"jane", "PUT", path, `{"value":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, `400 `},
		{"jane", "PUT", path, `{"value":"` + strings.Repeat("v", 100<<10) + `"}`, `413 a setting has at most`},
		{"jane", "PUT", "/api/user-settings/buckets/b/keys/" + strings.Repeat("k", 256), `{"value":1}`, `400 `},
		{"jane", "POST", many, `{"items":[{"bucket":"b"}]}`, `400 request/body/items/0 must have required property 'key'`},
		{"jane", "POST", many, `{"items":[{"bucket":"b","key":1}]}`, `400 request/body/items/0/key must be string`},
		{"jane", "POST", many, `{"items":[]}`, `200 {"items":[]}`},
		{"jane", "POST", many, `[]`, `400 request/body must be object`},
		{"jane", "POST", many, `{"items":[` + strings.Repeat(`{"bucket":"b","key":"k"},`, 500) + `{"bucket":"b","key":"k"}]}`, `413 at most 500`},
		{"jane", "GET", "/api/user-settings/buckets/b/keys/%FF", "", `400 the path is not UTF-8`},
	} {
		w := rig.send(c.method, c.path, c.as, c.body)
		status, rest, _ := strings.Cut(c.want, " ")
		got := w.Body.String()
		if w.Code >= 400 {
			_, got = errorOf(t, w)
		}
		if strings.TrimSpace(status) != httpStatus(w) || !strings.HasPrefix(got, rest) {
			t.Errorf("%s %s %.80s: %d %s, want %s", c.method, c.path, c.body, w.Code, w.Body, c.want)
		}
	}
}

func httpStatus(w *httptest.ResponseRecorder) string { b, _ := json.Marshal(w.Code); return string(b) }

// TestNamesWithSlashes reaches the same setting however a frontend writes its key.
func TestNamesWithSlashes(t *testing.T) {
	t.Parallel()
	rig := newFrontend(t, permission.SignedIn{})
	if w := rig.send("PUT", "/api/user-settings/buckets/a%2Fb/keys/c/d%20e", "jane", `{"value":1.50}`); w.Code != 200 {
		t.Fatal(w.Body)
	}
	w := rig.send("GET", "/api/user-settings/buckets/a%2Fb/keys/c%2Fd%20e", "jane", "")
	if diff := cmp.Diff(`{"bucket":"a/b","key":"c/d e","value":1.50}`, w.Body.String()); diff != "" {
		t.Error(diff)
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("a cache may keep a person's settings")
	}
}

func TestNobodyHasNotifications(t *testing.T) {
	t.Parallel()
	rig := newFrontend(t, permission.SignedIn{})
	for path, want := range map[string]string{
		"/status": `200 {"read":0,"unread":0}`,
		"/notifications?limit=5&offset=0&orderField=created,desc&read=false&minimumSeverity=low": `200 {"notifications":[],"totalCount":0}`,
		"?limit=5":          `200 {"notifications":[],"totalCount":0}`,
		"/topics?read=true": `200 {"topics":[]}`,
		"/settings":         `200 {"channels":[]}`,
		"/notifications/1":  `404 {"error":{"name":"NotFoundError","message":"Not found"}`,
	} {
		w := rig.send("GET", "/api/notifications"+path, "jane", "")
		if got := httpStatus(w) + " " + w.Body.String(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", path, got)
		}
		if w.Code == 200 && !strings.HasPrefix(w.Header().Get("ETag"), `W/"`) {
			t.Errorf("%s has no ETag to ask again with", path)
		}
	}
}
