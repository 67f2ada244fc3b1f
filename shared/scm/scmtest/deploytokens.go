package scmtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func deployTokenParts() []part {
	return []part{
		{"a created deploy token is listed without its value", deployTokenListed},
		{"a deploy token that can't be is invalid", deployTokenInvalid},
		{"a revoked deploy token is gone", deployTokenRevoked},
	}
}

func newDeployToken(name string) scm.NewDeployToken {
	return scm.NewDeployToken{Name: name, Scopes: []string{"read_repository", "read_registry"}}
}

func deployTokenListed(t *testing.T, h Harness) {
	p, other := create(t, h, "orders"), create(t, h, "other")
	n := newDeployToken("größe 100% <b>")
	n.Username = "puller"
	made, value, err := h.Client.CreateDeployToken(t.Context(), p.ID, n)
	ok(t, "creating", err)
	expected := scm.DeployToken{ID: made.ID, Name: n.Name, Username: "puller", Scopes: n.Scopes}
	if diff := cmp.Diff(expected, made); diff != "" || made.ID == 0 || len(value) < 20 {
		t.Errorf("created a token of %d characters (-want +got):\n%s", len(value), diff)
	}
	n.Username = ""
	second, again, err := h.Client.CreateDeployToken(t.Context(), p.ID, n)
	ok(t, "creating another one of that name", err)
	if second.ID == made.ID || again == value || second.Username == "" {
		t.Errorf("the second is %+v", second)
	}
	_, _, err = h.Client.CreateDeployToken(t.Context(), other.ID, newDeployToken("other"))
	ok(t, "creating one of another project", err)
	listed, err := h.Client.DeployTokens(t.Context(), p.ID)
	ok(t, "listing", err)
	if diff := cmp.Diff([]scm.DeployToken{made, second}, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	_, err = h.Client.DeployTokens(t.Context(), 987654321)
	want(t, "listing those of an unknown project", err, errs.NotFound)
	_, err = h.Holder(t, value).ProjectByID(t.Context(), p.ID)
	want(t, "using the API with it", err, errs.Unauthenticated)
}

func deployTokenInvalid(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	for doing, change := range map[string]func(*scm.NewDeployToken){
		"no name":          func(n *scm.NewDeployToken) { n.Name = "" },
		"no scope":         func(n *scm.NewDeployToken) { n.Scopes = nil },
		"an unknown scope": func(n *scm.NewDeployToken) { n.Scopes = []string{"api"} },
	} {
		n := newDeployToken("t")
		change(&n)
		_, _, err := h.Client.CreateDeployToken(t.Context(), p.ID, n)
		want(t, "creating one with "+doing, err, errs.Invalid)
	}
	listed, err := h.Client.DeployTokens(t.Context(), p.ID)
	if ok(t, "listing", err); len(listed) > 0 {
		t.Errorf("there are %+v", listed)
	}
	_, _, err = h.Client.CreateDeployToken(t.Context(), 987654321, newDeployToken("t"))
	want(t, "creating one of an unknown project", err, errs.NotFound)
	_, _, err = h.WrongToken.CreateDeployToken(t.Context(), p.ID, newDeployToken("t"))
	want(t, "creating one with a wrong token", err, errs.Unauthenticated)
}

func deployTokenRevoked(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	made, _, err := h.Client.CreateDeployToken(t.Context(), p.ID, newDeployToken("t"))
	ok(t, "creating", err)
	kept, _, err := h.Client.CreateDeployToken(t.Context(), p.ID, newDeployToken("kept"))
	ok(t, "creating another", err)
	for range 2 {
		ok(t, "revoking", h.Client.RevokeDeployToken(t.Context(), p.ID, made.ID))
	}
	listed, err := h.Client.DeployTokens(t.Context(), p.ID)
	ok(t, "listing", err)
	if diff := cmp.Diff([]scm.DeployToken{kept}, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	ok(t, "revoking what never was", h.Client.RevokeDeployToken(t.Context(), p.ID, 987654321))
	ok(t, "revoking in an unknown project", h.Client.RevokeDeployToken(t.Context(), 987654321, kept.ID))
}
