package rest

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) peopleRoutes() routes {
	return routes{
		"GET /projects/{id}/members":               listMembers,
		"GET /projects/{id}/members/all":           listMembers,
		"POST /projects/{id}/members":              addMember,
		"GET /projects/{id}/members/{user}":        getMember,
		"DELETE /projects/{id}/members/{user}":     removeMember,
		"GET /projects/{id}/triggers":              listTriggers,
		"POST /projects/{id}/triggers":             createTrigger,
		"DELETE /projects/{id}/triggers/{trigger}": deleteTrigger,
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
