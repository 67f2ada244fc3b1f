package wire_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/authtest"
	"github.com/slipwayhq/slipway/shared/auth/jwks"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/wire"
)

// ask sends a request and gives the status and what is in the answer.
func (s *site) ask(t *testing.T, method, path, token, body string) (int, map[string]any, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.portal.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://localhost:3000")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil && res.StatusCode < 300 && res.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s: %d, %v", method, path, res.StatusCode, err)
	}
	return res.StatusCode, got, res.Header
}

// TestTheGuestSignsIn goes through what a frontend does, and again after a restart.
func TestTheGuestSignsIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	system, stop := s.start(t)
	s.seed(t, system)
	status, session, headers := s.ask(t, "GET", "/api/auth/guest/refresh", "", "")
	identity, _ := session["backstageIdentity"].(map[string]any)
	token, _ := identity["token"].(string)
	want := map[string]any{"type": "user", "userEntityRef": "user:development/guest", "ownershipEntityRefs": []any{"user:development/guest", "group:default/platform"}}
	if diff := cmp.Diff(want, identity["identity"]); status != 200 || diff != "" {
		t.Fatal(status, diff)
	}
	if headers.Get("Access-Control-Allow-Origin") != "http://localhost:3000" {
		t.Errorf("%v", headers)
	}
	const star = "/api/user-settings/buckets/default.starredEntities/keys/entityRefs"
	if status, got, _ := s.ask(t, "PUT", star, token, `{"value":["component:default/orders"]}`); status != 200 {
		t.Error(status, got)
	}
	if status, got, _ := s.ask(t, "POST", "/api/permission/authorize", token, `{"items":[{"id":"1","permission":{"type":"basic","name":"catalog.entity.create","attributes":{}}}]}`); status != 200 {
		t.Error(status, got)
	}
	stop()
	_, stop = s.start(t)
	defer stop()
	for _, path := range []string{star, "/api/catalog/entities/by-query?limit=1", "/api/operations", "/api/notifications/status"} {
		if status, got, _ := s.ask(t, "GET", path, token, ""); status != 200 {
			t.Errorf("after a restart, %s: %d %v", path, status, got)
		}
		if status, _, _ := s.ask(t, "GET", path, token+"x", ""); status != 401 {
			t.Errorf("with a damaged token, %s: %d", path, status)
		}
		if status, _, _ := s.ask(t, "GET", path, "", ""); status != 200 {
			t.Errorf("without a token, %s: %d", path, status)
		}
	}
}

func TestTheSigningKeyIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	system, err := wire.New(s.config())
	if err != nil {
		t.Fatal(err)
	}
	if err := system.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.dir, "signing-key.pem")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.WriteFile(path, []byte("-----BEGIN PRIVATE KEY-----\nhunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = wire.New(s.config())
	if !errors.Is(err, errs.Conflict) || !strings.Contains(errs.Message(err), path) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a damaged key: %v", err)
	}
}

// TestNobodyIsAGuestWherePeopleSignIn looks for the guest's routes and tokens in a portal
// that asks who one is.
func TestNobodyIsAGuestWherePeopleSignIn(t *testing.T) {
	t.Parallel()
	guests := newSite(t)
	_, stopGuests := guests.start(t)
	defer stopGuests()
	_, session, _ := guests.ask(t, "GET", "/api/auth/guest/refresh", "", "")
	token := session["backstageIdentity"].(map[string]any)["token"].(string)

	issuer := authtest.NewIssuer(t, authtest.Config{Clock: clock.System{}})
	keys, err := jwks.New(jwks.Config{Issuer: issuer.URL, Clock: clock.System{}, Logger: logging.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	if s.who, err = auth.NewVerifier(auth.Config{Issuer: issuer.URL, Audiences: []string{issuer.Audience}, Keys: keys, Clock: clock.System{}}); err != nil {
		t.Fatal(err)
	}
	_, stop := s.start(t)
	defer stop()
	for target, want := range map[string]int{
		"GET /api/auth/guest/refresh": 404, "POST /api/auth/guest/refresh": 404, "GET /api/auth/.well-known/jwks.json": 404,
		"GET /api/catalog/entities": 401, "GET /api/user-settings/buckets/b/keys/k": 401, "GET /api/notifications/status": 401,
	} {
		method, path, _ := strings.Cut(target, " ")
		if status, got, _ := s.ask(t, method, path, token, ""); status != want {
			t.Errorf("%s: %d %v", target, status, got)
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, "signing-key.pem")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was made that nothing signs with: %v", err)
	}
	if status, got, _ := s.ask(t, "GET", "/api/notifications/status", issuer.Issue(nil), ""); status != 200 {
		t.Errorf("who signed in: %d %v", status, got)
	}
}
