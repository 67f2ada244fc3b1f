package rest

import (
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// below reports whether a full path is somewhere below a group.
func below(fullPath string, g state.Group) bool {
	return strings.HasPrefix(strings.ToLower(fullPath), strings.ToLower(g.FullPath)+"/")
}

// groupsBelow lists the groups that keep holds for, of the group of the route.
func groupsBelow(c *call, keep func(g, of state.Group) bool) error {
	of, err := c.group()
	if err != nil {
		return err
	}
	list, err := c.groups(func(g state.Group) bool { return g.Kind == "group" && keep(g, of) })
	if err != nil {
		return err
	}
	return c.groupPage(list)
}

// editGroup changes a group. A new path moves everything below it; GitLab tells system
// hooks of the group alone.
func editGroup(c *call) error {
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
		for name, field := range map[string]*string{"name": &g.Name, "description": &g.Description, "visibility": &g.Visibility} {
			if c.p.Has(name) {
				*field = c.p.String(name)
			}
		}
		if field, text := checkGroup(g); field != "" {
			return badRequest(object{field: []string{text}})
		}
		if !validVisibility(g.Visibility) {
			return invalid("visibility does not have a valid value")
		}
		if path := c.p.String("path"); path != "" && path != g.Path {
			return c.renameGroup(tx, &g, path)
		}
		return state.Groups.Put(tx, state.ID(g.ID), g)
	})
	if err != nil {
		return err
	}
	c.Hooks.Wake()
	return c.ok(c.groupView(g))
}

func (c *call) renameGroup(tx *state.Tx, g *state.Group, path string) error {
	if !validPath(path) {
		return badRequest(object{"path": []string{pathText}})
	}
	before := *g
	g.Path, g.FullPath = path, g.FullPath[:strings.LastIndex(g.FullPath, "/")+1]+path
	if at, err := state.Paths.Get(tx, strings.ToLower(g.FullPath)); err == nil && at.Group != g.ID {
		return badRequest(object{"path": []string{"has already been taken"}})
	}
	if err := moveGroup(tx, *g, before.FullPath); err != nil {
		return err
	}
	if err := moveBelow(tx, before, g.FullPath); err != nil {
		return err
	}
	return c.Hooks.Enqueue(tx, c.Hooks.GroupRenamed(*g, before.FullPath, c.Clock.Now()))
}

func moveGroup(tx *state.Tx, g state.Group, before string) error {
	if err := state.Paths.Delete(tx, strings.ToLower(before)); err != nil {
		return err
	}
	if err := state.TakePath(tx, g.FullPath, state.Path{Group: g.ID}); err != nil {
		return err
	}
	return state.Groups.Put(tx, state.ID(g.ID), g)
}

// moveBelow gives everything below a group the paths below its new one.
func moveBelow(tx *state.Tx, before state.Group, to string) error {
	groups, err := state.Groups.All(tx, "")
	if err != nil {
		return err
	}
	for _, g := range groups {
		if !below(g.FullPath, before) {
			continue
		}
		was := g.FullPath
		g.FullPath = to + g.FullPath[len(before.FullPath):]
		if err := moveGroup(tx, g, was); err != nil {
			return err
		}
	}
	projects, err := projectsBelow(tx, before, true)
	if err != nil {
		return err
	}
	for _, p := range projects {
		was := p.FullPath
		p.FullPath = to + p.FullPath[len(before.FullPath):]
		if err := state.MoveProject(tx, p, was); err != nil {
			return err
		}
		if err := state.TakePath(tx, p.FullPath, state.Path{Project: p.ID}); err != nil {
			return err
		}
	}
	return nil
}
