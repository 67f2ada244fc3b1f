package rest

import (
	"errors"
	"strconv"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) triggerRoutes() routes {
	return routes{
		"GET /projects/{id}/triggers":              listTriggers,
		"POST /projects/{id}/triggers":             createTrigger,
		"DELETE /projects/{id}/triggers/{trigger}": deleteTrigger,
	}
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
