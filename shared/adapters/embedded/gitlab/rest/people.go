package rest

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) peopleRoutes() routes {
	return routes{
		"GET /projects/{id}/members":                  listMembers,
		"GET /projects/{id}/members/all":              listMembers,
		"POST /projects/{id}/members":                 addMember,
		"GET /projects/{id}/members/{user}":           getMember,
		"DELETE /projects/{id}/members/{user}":        removeMember,
		"GET /projects/{id}/access_tokens":            func(c *call) error { return listTokens(c, "access") },
		"POST /projects/{id}/access_tokens":           func(c *call) error { return createToken(c, "access") },
		"DELETE /projects/{id}/access_tokens/{token}": func(c *call) error { return revokeToken(c, "access") },
		"GET /projects/{id}/deploy_tokens":            func(c *call) error { return listTokens(c, "deploy") },
		"POST /projects/{id}/deploy_tokens":           func(c *call) error { return createToken(c, "deploy") },
		"DELETE /projects/{id}/deploy_tokens/{token}": func(c *call) error { return revokeToken(c, "deploy") },
		"GET /projects/{id}/triggers":                 listTriggers,
		"POST /projects/{id}/triggers":                createTrigger,
		"DELETE /projects/{id}/triggers/{trigger}":    deleteTrigger,
	}
}

func (c *call) memberView(m state.Member) object {
	v := c.rootUser()
	v["access_level"], v["created_at"], v["expires_at"], v["membership_state"] = m.Level, stamp(m.Added), nil, "active"
	return v
}

// membersOf gives the stored members and root, who owns everything.
func membersOf(tx *state.Tx, p state.Project) ([]state.Member, error) {
	list, err := state.Members.All(tx, state.ID(p.ID))
	if len(list) == 0 {
		list = append(list, state.Member{UserID: state.RootUser, Level: owner, Added: p.CreatedAt})
	}
	return list, err
}

func listMembers(c *call) error {
	p, err := c.project(guest)
	if err != nil {
		return err
	}
	var list []state.Member
	err = c.State.View(func(tx *state.Tx) (err error) {
		list, err = membersOf(tx, p)
		return err
	})
	if err != nil {
		return err
	}
	views := []object{}
	for _, m := range page(c, list) {
		views = append(views, c.memberView(m))
	}
	return c.ok(views)
}

func getMember(c *call) error {
	p, err := c.project(guest)
	if err != nil {
		return err
	}
	if c.r.PathValue("user") != idText(state.RootUser) {
		return notFound("")
	}
	return c.ok(c.memberView(state.Member{UserID: state.RootUser, Level: owner, Added: p.CreatedAt}))
}

// addMember: the one user there is owns every project, so nobody can be added.
func addMember(c *call) error {
	if _, err := c.project(maintainer); err != nil {
		return err
	}
	if err := c.require("user_id", "access_level"); err != nil {
		return err
	}
	if !slices.Contains(accessLevels, c.p.Int("access_level", 0)) {
		return invalid("access_level does not have a valid value")
	}
	if c.p.Int("user_id", 0) != state.RootUser {
		return notFound("User")
	}
	return message(http.StatusConflict, "Member already exists")
}

func removeMember(c *call) error {
	if _, err := c.project(maintainer); err != nil {
		return err
	}
	if c.r.PathValue("user") != idText(state.RootUser) {
		return notFound("")
	}
	return forbidden("") // the last owner stays
}

var tokenScopes = map[string][]string{
	"access": {"api", "read_api", "create_runner", "manage_runner", "ai_features", "k8s_proxy", "read_repository", "write_repository", "read_registry", "write_registry", "self_rotate"},
	"deploy": {"read_repository", "write_repository", "read_registry", "write_registry", "read_package_registry", "write_package_registry"},
}

func tokenView(t state.Token) object {
	v := object{
		"id": t.ID, "name": t.Name, "scopes": t.Scopes, "expires_at": nullable(t.ExpiresAt), "revoked": t.Revoked,
	}
	if t.Kind == "deploy" {
		v["username"], v["expired"] = t.Username, false
		return v
	}
	v["access_level"], v["active"], v["created_at"], v["user_id"] = t.Level, !t.Revoked, stamp(t.CreatedAt), state.RootUser
	v["last_used_at"], v["description"] = stampPtr(t.LastUsedAt), nil
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
	t := state.Token{
		ProjectID: p.ID, Kind: kind, Name: c.p.String("name"), Scopes: c.p.Strings("scopes"), ExpiresAt: c.p.String("expires_at"),
		Level: int(c.p.Int("access_level", maintainer)), Username: c.p.String("username"), CreatedAt: c.Clock.Now(),
	}
	prefix := "glpat-"
	if kind == "deploy" {
		prefix, t.Level = "gldt-", developer
	}
	if err := checkToken(t); err != nil {
		return err
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
	v := tokenView(t)
	v["token"] = text // shown this once
	return c.created(v)
}

func checkToken(t state.Token) error {
	for _, s := range t.Scopes {
		if !slices.Contains(tokenScopes[t.Kind], s) {
			return invalid("scopes does not have a valid value")
		}
	}
	if len(t.Scopes) == 0 {
		return badRequest(object{"scopes": []string{"can't be blank"}})
	}
	if !slices.Contains([]int{guest, reporter, developer, maintainer, owner}, t.Level) {
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
	views := []object{}
	for _, t := range page(c, list) {
		views = append(views, tokenView(t))
	}
	return c.ok(views)
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
	return notFound("")
}

func (c *call) triggerView(t state.Trigger) object {
	return object{
		"id": t.ID, "description": t.Description, "token": t.Token, "created_at": stamp(t.CreatedAt), "updated_at": stamp(t.CreatedAt),
		"last_used": nil, "expires_at": nil, "owner": c.rootUser(),
	}
}

func listTriggers(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	var list []state.Trigger
	err = c.State.View(func(tx *state.Tx) (err error) {
		list, err = state.Triggers.All(tx, state.ID(p.ID))
		return err
	})
	if err != nil {
		return err
	}
	views := []object{}
	for _, t := range page(c, list) {
		views = append(views, c.triggerView(t))
	}
	return c.ok(views)
}

func createTrigger(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	if err := c.require("description"); err != nil {
		return err
	}
	t := state.Trigger{Description: c.p.String("description"), CreatedAt: c.Clock.Now()}
	if t.Token, err = secret("glptt-"); err != nil {
		return err
	}
	err = c.State.Update(func(tx *state.Tx) (err error) {
		if t.ID, err = tx.NextID("triggers"); err != nil {
			return err
		}
		return state.Triggers.Put(tx, state.ID(p.ID, t.ID), t)
	})
	if err != nil {
		return err
	}
	return c.created(c.triggerView(t))
}

func deleteTrigger(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.r.PathValue("trigger"), 10, 64)
	if err != nil {
		return invalid("trigger_id is invalid")
	}
	err = c.State.Update(func(tx *state.Tx) error {
		if !state.Triggers.Has(tx, state.ID(p.ID, id)) {
			return state.ErrNotFound
		}
		return state.Triggers.Delete(tx, state.ID(p.ID, id))
	})
	if errors.Is(err, state.ErrNotFound) {
		return notFound("Trigger")
	}
	if err != nil {
		return err
	}
	return c.noContent()
}
