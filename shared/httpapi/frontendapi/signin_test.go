package frontendapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/permission"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/frontendapi"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// guestPortal is a portal where nobody is asked who they are.
func guestPortal(t testing.TB) http.Handler {
	t.Helper()
	tokens := tokensFor(t, "http://127.0.0.1:7007/api/auth")
	own, err := tokens.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	rt, err := httpapi.NewRouter(httpapi.Config{Authenticator: auth.Guest{Tokens: own}, Logger: logging.Discard(), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	frontendapi.HandleGuestSignIn(rt, tokens, &frontendRig{groups: map[string][]string{auth.GuestRef: {"group:default/a", "group:default/b"}}})
	frontendapi.HandleSignIn(rt)
	frontendapi.HandleUserSettings(rt, settingsIn(t))
	return rt
}

func signIn(t testing.TB, portal http.Handler) (token string, identity map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	portal.ServeHTTP(w, httptest.NewRequest("GET", "/api/auth/guest/refresh", nil))
	var got struct {
		BackstageIdentity struct {
			Token    string
			Identity map[string]any
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body, err)
	}
	if c := w.Header().Get("Cache-Control"); c != "no-store" {
		t.Errorf("an answer with a token may be kept: %q", c)
	}
	return got.BackstageIdentity.Token, got.BackstageIdentity.Identity
}

func TestTheGuestOwnsWhatItsGroupsOwn(t *testing.T) {
	t.Parallel()
	_, identity := signIn(t, guestPortal(t))
	want := map[string]any{"type": "user", "userEntityRef": "user:development/guest", "ownershipEntityRefs": []any{"user:development/guest", "group:default/a", "group:default/b"}}
	if diff := cmp.Diff(want, identity); diff != "" {
		t.Error(diff)
	}
}

// TestAGuestNeedsNoTokenButNoWrongOne asks who one is with every kind of credentials.
func TestAGuestNeedsNoTokenButNoWrongOne(t *testing.T) {
	t.Parallel()
	portal := guestPortal(t)
	token, _ := signIn(t, portal)
	foreign, _ := signIn(t, guestPortal(t))
	for name, c := range map[string]struct {
		headers []string
		want    int
	}{
		"nothing":                            {nil, 200},
		"its token":                          {[]string{"Bearer " + token}, 200},
		"what somebody else issued":          {[]string{"Bearer opaque"}, 200},
		"basic":                              {[]string{"Basic Z3Vlc3Q6Z3Vlc3Q="}, 200},
		"another portal's token":             {[]string{"Bearer " + foreign}, 401},
		"its token, cut":                     {[]string{"Bearer " + token[:len(token)-4]}, 401},
		"its token, twice":                   {[]string{"Bearer " + token, "Bearer " + token}, 401},
		"its token behind another":           {[]string{"Bearer opaque", "Bearer " + token}, 401},
		"its token without a signature":      {[]string{"Bearer " + token[:strings.LastIndex(token, ".")+1]}, 401},
		"its token in another scheme's case": {[]string{"bearer " + token}, 401},
	} {
		r := httptest.NewRequest("GET", "/api/auth/v1/userinfo", nil)
		r.Header["Authorization"] = c.headers
		w := httptest.NewRecorder()
		portal.ServeHTTP(w, r)
		if w.Code != c.want || w.Code == 200 && !strings.Contains(w.Body.String(), `"sub":"user:development/guest"`) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestUnknownProviders(t *testing.T) {
	t.Parallel()
	rig := newFrontend(t, permission.SignedIn{})
	for target, want := range map[string]struct {
		status  int
		message string
	}{
		"GET /api/auth/okta/refresh":                {404, "Unknown auth provider 'okta'"},
		"GET /api/auth/okta":                        {404, "Unknown auth provider 'okta'"},
		"POST /api/auth/guest/logout":               {404, "Unknown auth provider 'guest'"},
		"GET /api/auth/guest/start":                 {501, "Not implemented"},
		"POST /api/auth/guest/handler/frame?x=1":    {501, "Not implemented"},
		"GET /api/auth/%3Cscript%3E/start":          {404, `Unknown auth provider '\u003cscript\u003e'`},
		"GET /api/auth/" + strings.Repeat("x", 300): {404, strings.Repeat("x", 80) + "…"},
	} {
		method, path, _ := strings.Cut(target, " ")
		w := rig.send(method, path, "", "")
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.message) {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestServicesHaveNoSettings(t *testing.T) {
	t.Parallel()
	rig := newFrontend(t, permission.SignedIn{})
	for _, target := range []string{"GET /api/auth/v1/userinfo", "GET /api/notifications/status", "GET /api/notifications/x", "GET /api/user-settings/buckets/b/keys/k", "POST /api/user-settings/multiget", "POST /api/permission/authorize"} {
		method, path, _ := strings.Cut(target, " ")
		if w := rig.send(method, path, "service-ci", ""); w.Code != 403 || !strings.Contains(w.Body.String(), "'service' credentials") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
		if w := rig.send(method, path, "", ""); w.Code != 401 {
			t.Errorf("%s by nobody: %d %s", target, w.Code, w.Body)
		}
	}
}
