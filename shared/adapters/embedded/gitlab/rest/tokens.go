package rest

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) tokenRoutes() routes {
	return routes{
		"GET /projects/{id}/access_tokens":            func(c *call) error { return listTokens(c, "access") },
		"POST /projects/{id}/access_tokens":           func(c *call) error { return createToken(c, "access") },
		"GET /projects/{id}/access_tokens/{token}":    getToken,
		"DELETE /projects/{id}/access_tokens/{token}": func(c *call) error { return revokeToken(c, "access") },
		"GET /projects/{id}/deploy_tokens":            func(c *call) error { return listTokens(c, "deploy") },
		"POST /projects/{id}/deploy_tokens":           func(c *call) error { return createToken(c, "deploy") },
		"DELETE /projects/{id}/deploy_tokens/{token}": func(c *call) error { return revokeToken(c, "deploy") },
	}
}

var tokenScopes = map[string][]string{
	"access": {"api", "read_api", "create_runner", "manage_runner", "ai_features", "k8s_proxy", "read_repository", "write_repository", "read_registry", "write_registry", "self_rotate"},
	"deploy": {"read_repository", "write_repository", "read_registry", "write_registry", "read_package_registry", "write_package_registry"},
}

func tokenView(t state.Token, now time.Time) object {
	v := object{
		"id": t.ID, "name": t.Name, "scopes": t.Scopes, "expires_at": nullable(t.ExpiresAt), "revoked": t.Revoked,
	}
	if t.Kind == "deploy" {
		v["username"], v["expired"] = t.Username, expired(t, now)
		return v
	}
	v["access_level"], v["active"], v["created_at"], v["user_id"] = t.Level, active(t, now), stamp(t.CreatedAt), state.RootUser
	v["last_used_at"], v["description"] = stampPtr(t.LastUsedAt), nullable(t.Description)
	return v
}

func secret(prefix string) (string, error) {
	raw := make([]byte, 15)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	return prefix + base64.RawURLEncoding.EncodeToString(raw), nil
}

func createToken(c *call, kind string) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	if err := c.require("name", "scopes"); err != nil {
		return err
	}
	t, err := c.newToken(p, kind)
	if err != nil {
		return err
	}
	prefix := "glpat-"
	if kind == "deploy" {
		prefix = "gldt-"
	}
	text, err := secret(prefix)
	if err != nil {
		return err
	}
	t.Hash = Hash(text)
	err = c.State.Update(func(tx *state.Tx) (err error) {
		if t.ID, err = tx.NextID("tokens"); err != nil {
			return err
		}
		if t.Username == "" {
			t.Username = "gitlab+deploy-token-" + idText(t.ID)
		}
		return state.Tokens.Put(tx, t.Hash, t)
	})
	if err != nil {
		return err
	}
	v := tokenView(t, c.Clock.Now())
	v["token"] = text // shown this once
	return c.created(v)
}

// newToken reads a token's parameters. An access token always expires; a deploy token need
// not.
func (c *call) newToken(p state.Project, kind string) (state.Token, error) {
	now := c.Clock.Now()
	t := state.Token{
		ProjectID: p.ID, Kind: kind, Name: c.p.String("name"), Scopes: c.p.Strings("scopes"), ExpiresAt: c.p.String("expires_at"),
		Level: int(c.p.Int("access_level", maintainer)), Username: c.p.String("username"), Description: c.p.String("description"), CreatedAt: now,
	}
	if kind == "deploy" {
		t.Level = developer
		return t, checkToken(t)
	}
	if t.ExpiresAt == "" {
		t.ExpiresAt = lastDay(now)
	}
	if err := checkToken(t); err != nil {
		return t, err
	}
	return t, c.mayIssue(t, now)
}

// maxTokenDays is how long an access token may live.
const maxTokenDays = 365

func lastDay(now time.Time) string {
	return now.UTC().AddDate(0, 0, maxTokenDays).Format(time.DateOnly)
}

// expired: a token ends with the beginning of its day.
func expired(t state.Token, now time.Time) bool {
	return t.ExpiresAt != "" && now.UTC().Format(time.DateOnly) >= t.ExpiresAt
}

func active(t state.Token, now time.Time) bool { return !t.Revoked && !expired(t, now) }

// mayIssue applies the rules of the service that creates access tokens, in its words.
func (c *call) mayIssue(t state.Token, now time.Time) error {
	parsed, err := time.Parse(time.DateOnly, t.ExpiresAt)
	reason := ""
	switch {
	case err != nil:
		return invalid("expires_at is invalid")
	case !c.who.Root:
		reason = "User does not have permission to create project access token"
	case utf8.RuneCountInString(t.Name) > maxTokenName:
		reason = "Name is too long (maximum is 255 characters)"
	case parsed.Before(now.UTC().Truncate(24 * time.Hour)):
		reason = "Expires at cannot be a date in the past"
	case t.ExpiresAt > lastDay(now):
		reason = "Expires at must be before " + lastDay(now)
	default:
		return nil
	}
	return badRequest("400 Bad request - " + reason)
}

const maxTokenName = 255 // characters

func checkToken(t state.Token) error {
	for _, s := range t.Scopes {
		if !slices.Contains(tokenScopes[t.Kind], s) {
			return invalid("scopes does not have a valid value")
		}
	}
	if len(t.Scopes) == 0 {
		return badRequest(object{"scopes": []string{"can't be blank"}})
	}
	if t.Level < guest || !slices.Contains(accessLevels, int64(t.Level)) {
		return invalid("access_level does not have a valid value")
	}
	return nil
}

func (c *call) tokens(p state.Project, kind string) ([]state.Token, error) {
	list := []state.Token{}
	err := c.State.View(func(tx *state.Tx) error {
		all, err := state.Tokens.All(tx, "")
		for _, t := range all {
			if t.ProjectID == p.ID && t.Kind == kind {
				list = append(list, t)
			}
		}
		return err
	})
	slices.SortFunc(list, func(a, b state.Token) int { return int(a.ID - b.ID) })
	return list, err
}

func listTokens(c *call, kind string) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	list, err := c.tokens(p, kind)
	if err != nil {
		return err
	}
	now, wanted := c.Clock.Now(), c.p.String("state")
	switch wanted {
	case "", "active", "inactive":
	default:
		return invalid("state does not have a valid value")
	}
	kept := slices.DeleteFunc(list, func(t state.Token) bool { return wanted != "" && active(t, now) != (wanted == "active") })
	views := []object{}
	for _, t := range page(c, kept) {
		views = append(views, tokenView(t, now))
	}
	return c.ok(views)
}

func getToken(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	list, err := c.tokens(p, "access")
	if err != nil {
		return err
	}
	for _, t := range list {
		if idText(t.ID) == c.r.PathValue("token") {
			return c.ok(tokenView(t, c.Clock.Now()))
		}
	}
	return c.noToken()
}

func (c *call) noToken() error {
	return notFound("Could not find project access token with token_id: " + c.r.PathValue("token"))
}

func revokeToken(c *call, kind string) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	list, err := c.tokens(p, kind)
	if err != nil {
		return err
	}
	for _, t := range list {
		if idText(t.ID) != c.r.PathValue("token") || t.Revoked {
			continue
		}
		t.Revoked = true
		if err := c.State.Update(func(tx *state.Tx) error { return state.Tokens.Put(tx, t.Hash, t) }); err != nil {
			return err
		}
		return c.noContent()
	}
	return c.noToken()
}
