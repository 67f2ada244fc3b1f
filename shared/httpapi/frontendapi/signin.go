package frontendapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/usertoken"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Groups tells which groups of the catalog a user is a member of, by their refs in order.
// A user whom the catalog does not know is a member of none.
type Groups interface {
	GroupsOf(ctx context.Context, user string) ([]string, error)
}

// HandleSignIn registers what is below /api/auth whichever way people sign in: other
// providers than those registered beside it are unknown.
func HandleSignIn(rt *httpapi.Router) {
	unknown := func(_ http.ResponseWriter, r *http.Request) error {
		return errs.New(errs.NotFound, fmt.Sprintf("Unknown auth provider '%s'", errs.Clip(r.PathValue("provider"))))
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		rt.Handle(method+" /api/auth/{provider}", unknown, httpapi.Public())
		rt.Handle(method+" /api/auth/{provider}/{rest...}", unknown, httpapi.Public())
	}
}

// HandleGuestSignIn registers sign-in as the guest (@backstage/plugin-auth-backend 0.30 with
// its module for guests): anybody who reaches these routes is given a token.
func HandleGuestSignIn(rt *httpapi.Router, tokens *usertoken.Issuer, groups Groups) {
	h := signInHandler{tokens, groups}
	rt.Handle("GET /api/auth/guest/refresh", h.guest, httpapi.Public())
	rt.Handle("POST /api/auth/guest/refresh", h.guest, httpapi.Public())
	for _, path := range []string{"start", "handler/frame"} {
		rt.Handle("GET /api/auth/guest/"+path, httpapi.NotImplemented, httpapi.Public())
		rt.Handle("POST /api/auth/guest/"+path, httpapi.NotImplemented, httpapi.Public())
	}
	rt.Handle("GET /api/auth/v1/userinfo", h.userInfo)
	rt.Handle("GET /api/auth/.well-known/jwks.json", func(w http.ResponseWriter, r *http.Request) error {
		return httpapi.WriteTaggedJSON(w, r, tokens.KeySet())
	}, httpapi.Public())
	rt.Handle("GET /api/auth/.well-known/openid-configuration", h.configuration, httpapi.Public())
}

type signInHandler struct {
	tokens *usertoken.Issuer
	groups Groups
}

// session is what a frontend knows of who signed in to it.
type session struct {
	Profile  struct{}        `json:"profile"`
	Identity sessionIdentity `json:"backstageIdentity"`
}

type sessionIdentity struct {
	Token     string `json:"token"`
	Identity  owner  `json:"identity"`
	ExpiresIn int    `json:"expiresInSeconds"`
}

type owner struct {
	Type      string   `json:"type"`
	Ref       string   `json:"userEntityRef"`
	Ownership []string `json:"ownershipEntityRefs"`
}

func (h signInHandler) guest(w http.ResponseWriter, r *http.Request) error {
	ownership, err := h.ownership(r.Context(), auth.GuestRef)
	if err != nil {
		return err
	}
	token, err := h.tokens.Issue(auth.GuestRef)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpapi.WriteJSON(w, http.StatusOK, session{Identity: sessionIdentity{
		Token: token, Identity: owner{"user", auth.GuestRef, ownership}, ExpiresIn: int(usertoken.Lifetime / time.Second),
	}})
}

// ownership gives the refs that own what a user owns: the user and its groups.
func (h signInHandler) ownership(ctx context.Context, user string) ([]string, error) {
	groups, err := h.groups.GroupsOf(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("looking up the groups of %s: %w", user, err)
	}
	return slices.Concat([]string{user}, groups), nil
}

// userInfo tells a backend of Backstage's what its copy of the token leaves out.
func (h signInHandler) userInfo(w http.ResponseWriter, r *http.Request) error {
	who, err := person(r.Context())
	if err != nil {
		return err
	}
	ownership, err := h.ownership(r.Context(), who.EntityRef)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"claims": map[string]any{"sub": who.EntityRef, "ent": ownership}})
}

// configuration names what there is, and not as Backstage does also what there is not
// (OpenID Connect Discovery 1.0 §3).
func (h signInHandler) configuration(w http.ResponseWriter, r *http.Request) error {
	return httpapi.WriteTaggedJSON(w, r, map[string]any{
		"issuer": h.tokens.URL(), "jwks_uri": h.tokens.URL() + "/.well-known/jwks.json", "userinfo_endpoint": h.tokens.URL() + "/v1/userinfo",
		"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"}, "scopes_supported": []string{"openid"},
		"id_token_signing_alg_values_supported": []string{auth.ES256}, "claims_supported": []string{"sub", "ent"},
		"token_endpoint_auth_methods_supported": []string{}, "grant_types_supported": []string{},
	})
}

// person gives who signed in. Services have no settings, notifications or ownership.
func person(ctx context.Context) (auth.Principal, error) {
	who, _ := auth.PrincipalFrom(ctx)
	if who.Kind != auth.User || who.EntityRef == "" {
		return who, errs.New(errs.Forbidden, "This endpoint does not allow 'service' credentials")
	}
	return who, nil
}
