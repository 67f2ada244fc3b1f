package rest

import (
	"errors"
	"net/http"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) protectionRoutes() routes {
	const one = " /projects/{id}/protected_branches/{name}"
	return routes{
		"GET /projects/{id}/protected_branches":  listProtections,
		"POST /projects/{id}/protected_branches": protectBranch,
		"GET" + one:                              getProtection,
		"PATCH" + one:                            editProtection,
		"DELETE" + one:                           unprotectBranch,
	}
}

// levelNames describe access levels as protections show them.
var levelNames = map[int]string{0: "No one", 30: "Developers + Maintainers", 40: "Maintainers", 60: "Administrators"}

func protectionView(r state.Protection) object {
	level := func(n int) []object {
		return []object{{"id": r.ID, "access_level": n, "access_level_description": levelNames[n], "deploy_key_id": nil}}
	}
	return object{
		"id": r.ID, "name": r.Name, "push_access_levels": level(r.Push), "merge_access_levels": level(r.Merge),
		"allow_force_push": r.AllowForce,
	}
}

func (c *call) takeLevel(name string, old int) (int, error) {
	n := int(c.p.Int(name, int64(old)))
	if _, ok := levelNames[n]; !ok {
		return 0, invalid(name + " does not have a valid value")
	}
	return n, nil
}

func (c *call) takeProtection(r *state.Protection) (err error) {
	if r.Push, err = c.takeLevel("push_access_level", r.Push); err != nil {
		return err
	}
	if r.Merge, err = c.takeLevel("merge_access_level", r.Merge); err != nil {
		return err
	}
	r.AllowForce = c.p.Bool("allow_force_push", r.AllowForce)
	return nil
}

func listProtections(c *call) error {
	p, err := c.project(reporter)
	if err != nil {
		return err
	}
	var list []state.Protection
	err = c.State.View(func(tx *state.Tx) (err error) {
		list, err = state.Protected.All(tx, state.ID(p.ID))
		return err
	})
	if err != nil {
		return err
	}
	views := []object{}
	for _, r := range page(c, list) {
		views = append(views, protectionView(r))
	}
	return c.ok(views)
}

func protectBranch(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	if err := c.require("name"); err != nil {
		return err
	}
	r := state.Protection{Name: c.p.String("name"), Push: maintainer, Merge: maintainer}
	if err := c.takeProtection(&r); err != nil {
		return err
	}
	err = c.State.Update(func(tx *state.Tx) (err error) {
		key := state.Under(p.ID, r.Name)
		if state.Protected.Has(tx, key) {
			return message(http.StatusConflict, "Protected branch '"+r.Name+"' already exists")
		}
		if r.ID, err = tx.NextID("protections"); err != nil {
			return err
		}
		return state.Protected.Put(tx, key, r)
	})
	if err != nil {
		return err
	}
	return c.created(protectionView(r))
}

// protection changes or reads the protection of the route.
func (c *call) protection(level int, edit func(*state.Tx, string, *state.Protection) error) (state.Protection, error) {
	var r state.Protection
	p, err := c.project(level)
	if err != nil {
		return r, err
	}
	key := state.Under(p.ID, c.r.PathValue("name"))
	run := c.State.View
	if edit != nil {
		run = c.State.Update
	}
	err = run(func(tx *state.Tx) error {
		if r, err = state.Protected.Get(tx, key); errors.Is(err, state.ErrNotFound) {
			return notFound("")
		}
		if err != nil || edit == nil {
			return err
		}
		return edit(tx, key, &r)
	})
	return r, err
}

func getProtection(c *call) error {
	r, err := c.protection(reporter, nil)
	if err != nil {
		return err
	}
	return c.ok(protectionView(r))
}

func editProtection(c *call) error {
	r, err := c.protection(maintainer, func(tx *state.Tx, key string, r *state.Protection) error {
		if err := c.takeProtection(r); err != nil {
			return err
		}
		return state.Protected.Put(tx, key, *r)
	})
	if err != nil {
		return err
	}
	return c.ok(protectionView(r))
}

func unprotectBranch(c *call) error {
	_, err := c.protection(maintainer, func(tx *state.Tx, key string, _ *state.Protection) error {
		return state.Protected.Delete(tx, key)
	})
	if err != nil {
		return err
	}
	return c.noContent()
}
