package scmtest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func tokenParts() []part {
	return []part{
		{"a created token is listed without its value", tokenListed},
		{"a token that can't be is invalid", tokenInvalid},
		{"a revoked token is gone", tokenRevoked},
		{"a token does not make tokens", tokenMakesNone},
	}
}

// aMonth is a day of expiry that any host allows.
func aMonth() time.Time { return time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 1, 0) }

func newToken(name string) scm.NewAccessToken {
	return scm.NewAccessToken{Name: name, Scopes: []string{"api", "read_repository"}, Level: 40, Expires: aMonth()}
}

func tokenListed(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	other := create(t, h, "other")
	n := newToken("größe 100% <b>")
	n.Expires = n.Expires.Add(23*time.Hour + 59*time.Minute) // a day counts, not its hours
	made, value, err := h.Client.CreateAccessToken(t.Context(), p.ID, n)
	ok(t, "creating", err)
	expected := scm.AccessToken{ID: made.ID, Name: n.Name, Scopes: n.Scopes, Level: 40, Expires: aMonth()}
	if diff := cmp.Diff(expected, made); diff != "" || made.ID == 0 || len(value) < 20 {
		t.Errorf("created a token of %d characters (-want +got):\n%s", len(value), diff)
	}
	second, again, err := h.Client.CreateAccessToken(t.Context(), p.ID, n)
	ok(t, "creating another one of that name", err)
	if second.ID == made.ID || again == value {
		t.Errorf("the second is the first: %+v", second)
	}
	_, _, err = h.Client.CreateAccessToken(t.Context(), other.ID, newToken("other"))
	ok(t, "creating one of another project", err)
	listed, err := h.Client.AccessTokens(t.Context(), p.ID)
	ok(t, "listing", err)
	slices.SortFunc(listed, func(a, b scm.AccessToken) int { return int(a.ID - b.ID) })
	if diff := cmp.Diff([]scm.AccessToken{made, second}, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	_, err = h.Client.AccessTokens(t.Context(), 987654321)
	want(t, "listing those of an unknown project", err, errs.NotFound)
}

func tokenInvalid(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	for doing, change := range map[string]func(*scm.NewAccessToken){
		"no name":               func(n *scm.NewAccessToken) { n.Name = "" },
		"a long name":           func(n *scm.NewAccessToken) { n.Name = strings.Repeat("ü", 256) },
		"no scope":              func(n *scm.NewAccessToken) { n.Scopes = nil },
		"an unknown scope":      func(n *scm.NewAccessToken) { n.Scopes = []string{"api", "sudo"} },
		"no level":              func(n *scm.NewAccessToken) { n.Level = 0 },
		"an unknown level":      func(n *scm.NewAccessToken) { n.Level = 41 },
		"no expiry":             func(n *scm.NewAccessToken) { n.Expires = time.Time{} },
		"an expiry in the past": func(n *scm.NewAccessToken) { n.Expires = aMonth().AddDate(0, -2, 0) },
		"a distant expiry":      func(n *scm.NewAccessToken) { n.Expires = aMonth().AddDate(2, 0, 0) },
		"an expiry without end": func(n *scm.NewAccessToken) { n.Expires = aMonth().AddDate(20_000, 0, 0) },
	} {
		n := newToken("t")
		change(&n)
		_, value, err := h.Client.CreateAccessToken(t.Context(), p.ID, n)
		want(t, "creating one with "+doing, err, errs.Invalid)
		if value != "" {
			t.Errorf("a token with %s has a value", doing)
		}
	}
	listed, err := h.Client.AccessTokens(t.Context(), p.ID)
	ok(t, "listing", err)
	if len(listed) > 0 {
		t.Errorf("there are %+v", listed)
	}
	_, _, err = h.Client.CreateAccessToken(t.Context(), 987654321, newToken("t"))
	want(t, "creating one of an unknown project", err, errs.NotFound)
	_, _, err = h.WrongToken.CreateAccessToken(t.Context(), p.ID, newToken("t"))
	want(t, "creating one with a wrong token", err, errs.Unauthenticated)
}

func tokenRevoked(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	made, value, err := h.Client.CreateAccessToken(t.Context(), p.ID, newToken("t"))
	ok(t, "creating", err)
	kept, _, err := h.Client.CreateAccessToken(t.Context(), p.ID, newToken("kept"))
	ok(t, "creating another", err)
	holder := h.Holder(t, value)
	_, err = holder.ProjectByID(t.Context(), p.ID)
	ok(t, "reading with the token", err)
	for range 2 {
		ok(t, "revoking", h.Client.RevokeAccessToken(t.Context(), p.ID, made.ID))
	}
	_, err = holder.ProjectByID(t.Context(), p.ID)
	want(t, "reading with the revoked token", err, errs.Unauthenticated)
	listed, err := h.Client.AccessTokens(t.Context(), p.ID)
	ok(t, "listing", err)
	if diff := cmp.Diff([]scm.AccessToken{kept}, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	ok(t, "revoking what never was", h.Client.RevokeAccessToken(t.Context(), p.ID, 987654321))
	ok(t, "revoking in an unknown project", h.Client.RevokeAccessToken(t.Context(), 987654321, kept.ID))
}

func tokenMakesNone(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	other := create(t, h, "other")
	n := newToken("t")
	n.Level = 30
	_, value, err := h.Client.CreateAccessToken(t.Context(), p.ID, n)
	ok(t, "creating", err)
	holder := h.Holder(t, value)
	_, _, err = holder.CreateAccessToken(t.Context(), p.ID, newToken("x"))
	want(t, "creating with the token of a developer", err, errs.Forbidden)
	_, err = holder.CreateVariable(t.Context(), p.ID, newVariable("ROLE", "*"))
	want(t, "creating a variable with the token of a developer", err, errs.Forbidden)
	_, err = holder.Variable(t.Context(), other.ID, "ROLE", "*")
	want(t, "reading another project with it", err, errs.NotFound)
	_, err = holder.CreateGroup(t.Context(), scm.NewGroup{Parent: h.Group, Slug: "x"})
	if err == nil {
		t.Error("a project's token makes a group")
	}
}
