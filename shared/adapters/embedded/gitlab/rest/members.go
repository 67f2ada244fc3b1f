package rest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) memberRoutes() routes {
	all := routes{}
	for place, of := range map[string]func(*call, int) (membership, error){"projects": ofProject, "groups": ofGroup} {
		at := " /" + place + "/{id}/members"
		on := func(level int, h func(*call, membership) error) func(*call) error {
			return func(c *call) error {
				m, err := of(c, level)
				if err != nil {
					return err
				}
				return h(c, m)
			}
		}
		all["GET"+at], all["GET"+at+"/all"], all["POST"+at] = on(guest, listMembers), on(guest, listMembers), on(maintainer, addMember)
		all["GET"+at+"/{user}"], all["PUT"+at+"/{user}"] = on(guest, getMember), on(maintainer, editMember)
		all["DELETE"+at+"/{user}"] = on(maintainer, removeMember)
	}
	return all
}

// membership is where members are kept: of a project or of a group. Root owns all of them.
type membership struct {
	id      int64
	members state.Collection[state.Member]
	above   []state.Group // groups that it lies in
}

func ofProject(c *call, level int) (membership, error) {
	p, err := c.project(level)
	if err != nil {
		return membership{}, err
	}
	m := membership{id: p.ID, members: state.Members}
	m.above, err = c.above(p.FullPath)
	return m, err
}

func ofGroup(c *call, level int) (membership, error) {
	g, err := c.group()
	if err == nil && level > guest {
		err = c.root()
	}
	if err != nil {
		return membership{}, err
	}
	m := membership{id: g.ID, members: state.GroupMembers}
	m.above, err = c.above(g.FullPath)
	return m, err
}

// above gives the groups that a path lies in.
func (c *call) above(path string) ([]state.Group, error) {
	var list []state.Group
	err := c.State.View(func(tx *state.Tx) error {
		all, err := state.Groups.All(tx, "")
		for _, g := range all {
			if g.Kind == "group" && below(path, g) {
				list = append(list, g)
			}
		}
		return err
	})
	return list, err
}

// levelTexts are what access levels are called.
var levelTexts = map[int]string{10: "Guest", 15: "Planner", 20: "Reporter", 30: "Developer", 40: "Maintainer", 50: "Owner"}

func (c *call) memberView(u state.User, m state.Member) object {
	v := c.userView(u)
	v["access_level"], v["created_at"], v["expires_at"], v["membership_state"] = m.Level, stamp(m.Added), nil, "active"
	return v
}

// with reads or changes one member: root, or one that is stored. The user need not be a
// member, or exist.
func (c *call) memberOf(m membership) (state.User, state.Member, error) {
	id, err := strconv.ParseInt(c.r.PathValue("user"), 10, 64)
	if err != nil {
		return state.User{}, state.Member{}, invalid("user_id is invalid")
	}
	found := c.people([]int64{id})
	if len(found) == 0 {
		return state.User{}, state.Member{}, notFound("")
	}
	if id == state.RootUser {
		return found[0], state.Member{UserID: id, Level: owner}, nil
	}
	var member state.Member
	err = c.State.View(func(tx *state.Tx) (err error) {
		member, err = m.members.Get(tx, state.ID(m.id, id))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return found[0], member, notFound("")
	}
	return found[0], member, err
}

func listMembers(c *call, m membership) error {
	var list []state.Member
	err := c.State.View(func(tx *state.Tx) (err error) {
		list, err = m.members.All(tx, state.ID(m.id)+"/")
		return err
	})
	if err != nil {
		return err
	}
	list = append([]state.Member{{UserID: state.RootUser, Level: owner}}, list...)
	views := []object{}
	for _, member := range page(c, list) {
		for _, u := range c.people([]int64{member.UserID}) {
			views = append(views, c.memberView(u, member))
		}
	}
	return c.ok(views)
}

func getMember(c *call, m membership) error {
	u, member, err := c.memberOf(m)
	if err != nil {
		return err
	}
	return c.ok(c.memberView(u, member))
}

// takeAccess reads the level that somebody is to have, which must not be below what a group
// above gives.
func (c *call) takeAccess(tx *state.Tx, m membership, user int64) (int, error) {
	level := int(c.p.Int("access_level", 0))
	if level < guest || !slices.Contains(accessLevels, int64(level)) {
		return 0, invalid("access_level does not have a valid value")
	}
	for _, g := range m.above {
		has, err := state.GroupMembers.Get(tx, state.ID(g.ID, user))
		if err == nil && level < has.Level {
			return 0, badRequest(object{"access_level": []string{fmt.Sprintf(
				"should be greater than or equal to %s inherited membership from group %s", levelTexts[has.Level], g.Name)}})
		}
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return 0, err
		}
	}
	return level, nil
}

func addMember(c *call, m membership) error {
	if err := c.require("user_id", "access_level"); err != nil {
		return err
	}
	found := c.people([]int64{c.p.Int("user_id", 0)})
	if len(found) == 0 {
		return notFound("User")
	}
	u, member := found[0], state.Member{UserID: found[0].ID, Added: c.Clock.Now()}
	err := c.State.Update(func(tx *state.Tx) (err error) {
		if u.ID == state.RootUser || m.members.Has(tx, state.ID(m.id, u.ID)) {
			return message(http.StatusConflict, "Member already exists")
		}
		if member.Level, err = c.takeAccess(tx, m, u.ID); err != nil {
			return err
		}
		return m.members.Put(tx, state.ID(m.id, u.ID), member)
	})
	if err != nil {
		return err
	}
	return c.created(c.memberView(u, member))
}

func editMember(c *call, m membership) error {
	if err := c.require("access_level"); err != nil {
		return err
	}
	u, member, err := c.memberOf(m)
	if err != nil {
		return err
	}
	if u.ID == state.RootUser {
		return forbidden("") // the last owner stays
	}
	err = c.State.Update(func(tx *state.Tx) (err error) {
		if member.Level, err = c.takeAccess(tx, m, u.ID); err != nil {
			return err
		}
		return m.members.Put(tx, state.ID(m.id, u.ID), member)
	})
	if err != nil {
		return err
	}
	return c.ok(c.memberView(u, member))
}

// removeMember takes access away: below, too, unless it is told not to.
func removeMember(c *call, m membership) error {
	u, _, err := c.memberOf(m)
	if err != nil {
		return err
	}
	if u.ID == state.RootUser {
		return forbidden("") // the last owner stays
	}
	err = c.State.Update(func(tx *state.Tx) error {
		if err := m.members.Delete(tx, state.ID(m.id, u.ID)); err != nil || c.p.Bool("skip_subresources", false) {
			return err
		}
		return c.removeBelow(tx, u.ID)
	})
	if err != nil {
		return err
	}
	return c.noContent()
}

// removeBelow takes the access to all that lies in the group of the route.
func (c *call) removeBelow(tx *state.Tx, user int64) error {
	if !strings.Contains(c.r.Pattern, "/groups/") {
		return nil
	}
	g, err := lookupGroup(tx, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	groups, err := state.Groups.All(tx, "")
	if err != nil {
		return err
	}
	for _, inner := range groups {
		if below(inner.FullPath, g) {
			err = errors.Join(err, state.GroupMembers.Delete(tx, state.ID(inner.ID, user)))
		}
	}
	projects, listing := projectsBelow(tx, g, true)
	for _, p := range projects {
		err = errors.Join(err, state.Members.Delete(tx, state.ID(p.ID, user)))
	}
	return errors.Join(err, listing)
}
