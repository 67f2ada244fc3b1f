package rest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// groupName is what a group may be called.
var groupName = regexp.MustCompile(`^[\p{L}\p{N}_\x{A9}-\x{1F9FF}][\p{L}\p{N}\p{Pd}_(). \x{A9}-\x{1F9FF}]*$`)

const (
	maxGroupName        = 255 // characters
	maxGroupDescription = 500
	maxAncestors        = 20
)

func createGroup(c *call) error {
	if err := c.root(); err != nil {
		return err
	}
	if err := c.require("name", "path"); err != nil {
		return err
	}
	g := state.Group{
		Kind: "group", Name: c.p.String("name"), Path: c.p.String("path"), ParentID: c.p.Int("parent_id", 0),
		Description: c.p.String("description"), Visibility: c.p.String("visibility"), CreatedAt: c.Clock.Now(),
	}
	if g.Visibility == "" {
		g.Visibility = "private"
	}
	err := c.State.Update(func(tx *state.Tx) (err error) {
		g, err = AddGroup(tx, g)
		return err
	})
	if err != nil {
		return err
	}
	return c.created(c.groupView(g))
}

// unsaved is how the creation of a group is refused: the errors as Ruby writes them.
func unsaved(field, text string) error {
	return badRequest("Failed to save group {:" + field + "=>[\"" + text + "\"]}")
}

// checkGroup says which field of a group is wrong, and how; "" when none is.
func checkGroup(g state.Group) (field, text string) {
	switch {
	case utf8.RuneCountInString(g.Name) > maxGroupName:
		return "name", "is too long (maximum is 255 characters)"
	case !groupName.MatchString(g.Name):
		return "name", "can contain only letters, digits, emoji, '_', '.', dash, space, parenthesis. It must start with letter, digit, emoji or '_'."
	case utf8.RuneCountInString(g.Description) > maxGroupDescription:
		return "description", "is too long (maximum is 500 characters)"
	}
	return "", ""
}

// AddGroup stores a new group, whose FullPath and ID it sets.
func AddGroup(tx *state.Tx, g state.Group) (state.Group, error) {
	if !validVisibility(g.Visibility) {
		return g, invalid("visibility does not have a valid value")
	}
	if !validPath(g.Path) {
		return g, unsaved("path", pathText)
	}
	if field, text := checkGroup(g); field != "" {
		return g, unsaved(field, text)
	}
	g.FullPath = g.Path
	if g.ParentID != 0 {
		if err := placeBelow(tx, &g); err != nil {
			return g, err
		}
	}
	if state.Paths.Has(tx, strings.ToLower(g.FullPath)) {
		return g, unsaved("path", "has already been taken")
	}
	var err error
	if g.ID, err = tx.NextID("namespaces"); err != nil {
		return g, err
	}
	if err := state.TakePath(tx, g.FullPath, state.Path{Group: g.ID}); err != nil {
		return g, err
	}
	return g, state.Groups.Put(tx, state.ID(g.ID), g)
}

// placeBelow gives a new group the path below its parent, which may be no less visible.
func placeBelow(tx *state.Tx, g *state.Group) error {
	parent, err := state.Groups.Get(tx, state.ID(g.ParentID))
	if err != nil || parent.Kind == "user" {
		return notFound("Group")
	}
	order := []string{"private", "internal", "public"}
	if slices.Index(order, g.Visibility) > slices.Index(order, parent.Visibility) {
		return unsaved("visibility_level", g.Visibility+" is not allowed since the parent group has a "+parent.Visibility+" visibility.")
	}
	g.FullPath = parent.FullPath + "/" + g.Path
	if strings.Count(g.FullPath, "/") > maxAncestors {
		return unsaved("parent_id", "has too deep level of nesting")
	}
	return nil
}

// deleteGroup only marks: the path gets a suffix, which frees the old one. A second call
// with permanently_remove and the new full path removes the group with all that is in it.
func deleteGroup(c *call) error {
	if err := c.root(); err != nil {
		return err
	}
	g, err := c.group()
	if err != nil {
		return err
	}
	if c.p.Bool("permanently_remove", false) {
		return c.removeGroup(g)
	}
	err = c.State.Update(func(tx *state.Tx) error {
		if g, err = state.Groups.Get(tx, state.ID(g.ID)); err != nil {
			return err
		}
		if g.MarkedAt != nil {
			return badRequest("Group has been already marked for deletion")
		}
		now, suffix := c.Clock.Now(), "-deletion_scheduled-"+idText(g.ID)
		g.MarkedAt, g.PathBefore, g.NameBefore, g.Name = &now, g.Path, g.Name, g.Name+suffix
		return c.renameGroup(tx, &g, g.Path+suffix)
	})
	if err != nil {
		return err
	}
	c.Hooks.Wake()
	return c.json(http.StatusAccepted, object{"message": "202 Accepted"})
}

func restoreGroup(c *call) error {
	if err := c.root(); err != nil {
		return err
	}
	g, err := c.group()
	if err != nil {
		return err
	}
	err = c.State.Update(func(tx *state.Tx) error {
		if g, err = state.Groups.Get(tx, state.ID(g.ID)); err != nil {
			return err
		}
		if g.MarkedAt == nil {
			return badRequest("Group has not been marked for deletion")
		}
		g.MarkedAt, g.Name = nil, g.NameBefore
		return c.renameGroup(tx, &g, g.PathBefore)
	})
	if err != nil {
		return err
	}
	c.Hooks.Wake()
	return c.created(c.groupView(g))
}

// removeGroup removes a marked group with its subgroups and projects, all or nothing.
// Repositories go last: one without a project is swept away at the next start.
func (c *call) removeGroup(g state.Group) error {
	for {
		removed, err := c.removeWith(g)
		if err != nil {
			return err
		}
		if removed {
			c.Hooks.Wake()
			return c.json(http.StatusAccepted, object{"message": "202 Accepted"})
		}
	}
}

// mayRemove has a group marked and named before it is removed for good.
func (c *call) mayRemove(g state.Group) error {
	if g.MarkedAt == nil {
		return badRequest("Group must be marked for deletion first.")
	}
	if c.p.String("full_path") != g.FullPath {
		return badRequest("`full_path` is incorrect. You must enter the complete path for the group.")
	}
	return nil
}

// removeWith removes a group and the projects that are in it now, unless another one has
// come before all of them were locked.
func (c *call) removeWith(g state.Group) (removed bool, err error) {
	locked, err := c.lockBelow(g)
	defer func() {
		for _, unlock := range locked {
			unlock()
		}
	}()
	if err != nil {
		return false, err
	}
	var projects []state.Project
	err = c.State.Update(func(tx *state.Tx) error {
		if g, err = state.Groups.Get(tx, state.ID(g.ID)); err != nil {
			return err
		}
		if err := c.mayRemove(g); err != nil {
			return err
		}
		if projects, err = projectsBelow(tx, g, true); err != nil {
			return err
		}
		removed = !slices.ContainsFunc(projects, func(p state.Project) bool { return locked[p.ID] == nil })
		if !removed {
			return nil
		}
		for _, p := range projects {
			if err := c.forgetProject(tx, p); err != nil {
				return err
			}
		}
		return c.forgetGroups(tx, g)
	})
	if err != nil || !removed {
		return false, err
	}
	for _, p := range projects {
		if err := c.Repos.Remove(p.ID); err != nil {
			return false, err
		}
	}
	return true, nil
}

// lockBelow locks the repositories of a group's projects, in the order of their numbers.
func (c *call) lockBelow(g state.Group) (map[int64]func(), error) {
	var projects []state.Project
	err := c.State.View(func(tx *state.Tx) (err error) {
		projects, err = projectsBelow(tx, g, true)
		return err
	})
	locked := map[int64]func(){}
	for _, p := range projects {
		locked[p.ID] = c.Repos.Lock(p.ID)
	}
	return locked, err
}

// forgetGroups removes the records of a group and of those below it.
func (c *call) forgetGroups(tx *state.Tx, top state.Group) error {
	all, err := state.Groups.All(tx, "")
	if err != nil {
		return err
	}
	for _, g := range all {
		if g.ID != top.ID && !below(g.FullPath, top) {
			continue
		}
		if err := state.DeleteGroup(tx, g); err != nil {
			return err
		}
		if err := c.Hooks.Enqueue(tx, c.Hooks.GroupDestroyed(g, c.Clock.Now())); err != nil {
			return err
		}
	}
	return nil
}
