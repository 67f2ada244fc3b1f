package rest

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// accessLevels are those that a member or a group may be given.
var accessLevels = []int64{5, guest, 15, reporter, developer, maintainer, owner}

func (a *API) sharingRoutes() routes {
	return routes{
		"POST /projects/{id}/share":           shareProject,
		"DELETE /projects/{id}/share/{group}": unshareProject,
	}
}

// shareProject shows a project to a group that it does not lie in. Such a group lists it
// among its own unless it is asked not to (with_shared).
func shareProject(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	if err := c.require("group_id", "group_access"); err != nil {
		return err
	}
	s := state.Share{ProjectID: p.ID, GroupID: c.p.Int("group_id", 0), Level: int(c.p.Int("group_access", 0))}
	if !slices.Contains(accessLevels, int64(s.Level)) {
		return invalid("group_access does not have a valid value")
	}
	err = c.State.Update(func(tx *state.Tx) (err error) {
		if g, err := state.Groups.Get(tx, state.ID(s.GroupID)); err != nil || g.Kind != "group" {
			return notFound("")
		}
		if state.Shares.Has(tx, state.ID(s.ProjectID, s.GroupID)) {
			return message(http.StatusConflict, "Group already shared with this group")
		}
		if s.ID, err = tx.NextID("shares"); err != nil {
			return err
		}
		return state.Shares.Put(tx, state.ID(s.ProjectID, s.GroupID), s)
	})
	if err != nil {
		return err
	}
	return c.created(object{"id": s.ID, "project_id": s.ProjectID, "group_id": s.GroupID, "group_access": s.Level, "expires_at": nil})
}

func unshareProject(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	group, err := strconv.ParseInt(c.r.PathValue("group"), 10, 64)
	if err != nil {
		return invalid("group_id is invalid")
	}
	err = c.State.Update(func(tx *state.Tx) error {
		key := state.ID(p.ID, group)
		if !state.Shares.Has(tx, key) {
			return notFound("Group Link")
		}
		return state.Shares.Delete(tx, key)
	})
	if err != nil {
		return err
	}
	return c.noContent()
}

// sharedWith lists the projects that are shared with a group.
func sharedWith(tx *state.Tx, g state.Group) ([]state.Project, error) {
	all, err := state.Shares.All(tx, "")
	if err != nil {
		return nil, err
	}
	list := []state.Project{}
	for _, s := range all {
		if s.GroupID != g.ID {
			continue
		}
		p, err := state.Projects.Get(tx, state.ID(s.ProjectID))
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			list = append(list, p)
		}
	}
	return list, nil
}
