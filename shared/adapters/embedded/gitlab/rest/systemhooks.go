package rest

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// systemHookTriggers are the settings of a system hook with their defaults. What happens
// to projects and groups themselves is told to every system hook.
var systemHookTriggers = map[string]bool{
	"push_events": false, "tag_push_events": false, "merge_requests_events": false, "repository_update_events": true,
}

func (a *API) systemHookRoutes() routes {
	return routes{
		"GET /hooks":           listSystemHooks,
		"POST /hooks":          createSystemHook,
		"GET /hooks/{hook}":    getSystemHook,
		"PUT /hooks/{hook}":    editSystemHook,
		"POST /hooks/{hook}":   testSystemHook,
		"DELETE /hooks/{hook}": deleteSystemHook,
	}
}

// systemHookView is a hook without what only those of projects have.
func (a *API) systemHookView(h state.Hook) object {
	v := a.hookView(h)
	delete(v, "project_id")
	for k := range hookTriggers {
		if _, known := systemHookTriggers[k]; !known {
			delete(v, k)
		}
	}
	return v
}

// systemHook gives the system hook of the route to the administrator.
func (c *call) systemHook() (state.Hook, error) {
	var h state.Hook
	if err := c.root(); err != nil {
		return h, err
	}
	id, err := strconv.ParseInt(c.r.PathValue("hook"), 10, 64)
	if err != nil {
		return h, invalid("hook_id is invalid")
	}
	err = c.State.View(func(tx *state.Tx) (err error) {
		h, err = state.Hooks.Get(tx, state.ID(state.SystemHooks, id))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return h, notFound("")
	}
	return h, err
}

func listSystemHooks(c *call) error {
	if err := c.root(); err != nil {
		return err
	}
	var list []state.Hook
	err := c.State.View(func(tx *state.Tx) (err error) {
		list, err = state.Hooks.All(tx, state.ID(state.SystemHooks))
		return err
	})
	if err != nil {
		return err
	}
	views := []object{}
	for _, h := range page(c, list) {
		views = append(views, c.systemHookView(h))
	}
	return c.ok(views)
}

func createSystemHook(c *call) error {
	if err := c.root(); err != nil {
		return err
	}
	h, err := c.storeHook(state.SystemHooks, systemHookTriggers)
	if err != nil {
		return err
	}
	return c.created(c.systemHookView(h))
}

func getSystemHook(c *call) error {
	h, err := c.systemHook()
	if err != nil {
		return err
	}
	return c.ok(c.systemHookView(h))
}

func editSystemHook(c *call) error {
	h, err := c.systemHook()
	if err == nil {
		h, err = c.updateHook(h)
	}
	if err != nil {
		return err
	}
	return c.ok(c.systemHookView(h))
}

func deleteSystemHook(c *call) error {
	h, err := c.systemHook()
	if err == nil {
		err = c.removeHook(h)
	}
	if err != nil {
		return err
	}
	return c.noContent()
}

// testSystemHook sends GitLab's fixed sample and answers with it, whatever the receiver says.
func testSystemHook(c *call) error {
	h, err := c.systemHook()
	if err != nil {
		return err
	}
	sample := object{
		"event_name": "project_create", "name": "Ruby", "path": "ruby", "project_id": 1,
		"owner_name": "Someone", "owner_email": "example@gitlabhq.com",
	}
	body, err := json.Marshal(sample)
	if err != nil {
		return err
	}
	if _, err := c.Hooks.Test(c.r.Context(), h, hooks.Event{Header: "System Hook"}, body); err != nil {
		return err
	}
	return c.created(sample)
}
