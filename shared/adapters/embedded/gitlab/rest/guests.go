package rest

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) guestRoutes() routes {
	return routes{
		"POST /groups/{id}/share":           shareGroup,
		"DELETE /groups/{id}/share/{guest}": unshareGroup,
	}
}

// guestViews shows the groups that a group is shared with.
func (c *call) guestViews(g state.Group) ([]object, error) {
	views := []object{}
	err := c.State.View(func(tx *state.Tx) error {
		list, err := state.Guests.All(tx, state.ID(g.ID)+"/")
		for _, with := range list {
			guest, missing := state.Groups.Get(tx, state.ID(with.Guest))
			if missing != nil {
				continue
			}
			views = append(views, object{
				"group_id": guest.ID, "group_name": guest.Name, "group_full_path": guest.FullPath, "group_access_level": with.Level,
				"expires_at": nil, "member_role_id": nil,
			})
		}
		return err
	})
	return views, err
}

// showGroup answers with a group as it is shown alone.
func (c *call) showGroup(status int, g state.Group) error {
	guests, err := c.guestViews(g)
	if err != nil {
		return err
	}
	v := c.groupView(g)
	v["shared_with_groups"] = guests
	return c.json(status, v)
}

func shareGroup(c *call) error {
	if err := c.root(); err != nil {
		return err
	}
	g, err := c.group()
	if err != nil {
		return err
	}
	if err := c.require("group_id", "group_access"); err != nil {
		return err
	}
	with := state.Guest{Group: g.ID, Guest: c.p.Int("group_id", 0), Level: int(c.p.Int("group_access", 0))}
	if with.Level < guest || !slices.Contains(accessLevels, int64(with.Level)) {
		return invalid("group_access does not have a valid value")
	}
	err = c.State.Update(func(tx *state.Tx) error {
		key := state.ID(with.Group, with.Guest)
		found, err := state.Groups.Get(tx, state.ID(with.Guest))
		switch {
		case errors.Is(err, state.ErrNotFound) || (err == nil && found.Kind != "group"):
			return notFound("Group")
		case err != nil:
			return err
		case found.ID == g.ID:
			return badRequest(object{"shared_group": []string{"cannot be the same as the shared with group"}})
		case state.Guests.Has(tx, key):
			return message(http.StatusConflict, object{"shared_group_id": []string{"The group has already been shared with this group"}})
		}
		return state.Guests.Put(tx, key, with)
	})
	if err != nil {
		return err
	}
	return c.showGroup(http.StatusCreated, g)
}

func unshareGroup(c *call) error {
	if err := c.root(); err != nil {
		return err
	}
	g, err := c.group()
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.r.PathValue("guest"), 10, 64)
	if err != nil {
		return invalid("group_id is invalid")
	}
	err = c.State.Update(func(tx *state.Tx) error {
		key := state.ID(g.ID, id)
		if !state.Guests.Has(tx, key) {
			return notFound("Group link")
		}
		return state.Guests.Delete(tx, key)
	})
	if err != nil {
		return err
	}
	return c.noContent()
}
