package rest

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) userRoutes() routes {
	return routes{
		"GET /users":        listUsers,
		"POST /users":       createUser,
		"GET /users/{user}": getUser,
	}
}

var userName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$`)

// root is the user that every instance has.
func (a *API) rootRecord() state.User {
	return state.User{ID: state.RootUser, Username: rootName, Name: "Administrator"}
}

func (a *API) userView(u state.User) object {
	if u.ID == state.RootUser {
		return a.rootUser()
	}
	return object{
		"id": u.ID, "username": u.Username, "name": u.Name, "state": "active", "locked": false, "avatar_url": nil,
		"web_url": a.BaseURL + "/" + u.Username, "public_email": "",
	}
}

// everybody gives all users, by number.
func (a *API) everybody(tx *state.Tx) ([]state.User, error) {
	others, err := state.Users.All(tx, "")
	return append([]state.User{a.rootRecord()}, others...), err
}

// people gives users by their numbers; those that don't exist are passed over.
func (c *call) people(ids []int64) []state.User {
	var list []state.User
	err := c.State.View(func(tx *state.Tx) (err error) {
		list, err = c.everybody(tx)
		return err
	})
	if err != nil {
		c.Logger.ErrorContext(c.r.Context(), "users could not be read", "error", err)
	}
	return slices.DeleteFunc(list, func(u state.User) bool { return !slices.Contains(ids, u.ID) })
}

// users shows users.
func (c *call) users(ids []int64) []object {
	views := []object{}
	for _, u := range c.people(ids) {
		views = append(views, c.userView(u))
	}
	return views
}

// known gives the numbers in texts that are those of users.
func (c *call) known(texts []string) []int64 {
	var ids, found []int64
	for _, text := range texts {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	for _, u := range c.people(ids) {
		found = append(found, u.ID)
	}
	return found
}

func listUsers(c *call) error {
	if err := c.user(); err != nil {
		return err
	}
	var all []state.User
	err := c.State.View(func(tx *state.Tx) (err error) {
		all, err = c.everybody(tx)
		return err
	})
	if err != nil {
		return err
	}
	views, name := []object{}, c.p.String("username")
	for _, u := range all {
		if (name == "" || strings.EqualFold(name, u.Username)) && found(c.p.String("search"), u.Username, u.Name) {
			views = append(views, c.userView(u))
		}
	}
	return c.ok(page(c, views))
}

func getUser(c *call) error {
	if err := c.user(); err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.r.PathValue("user"), 10, 64)
	if err != nil {
		return invalid("id is invalid")
	}
	found := c.people([]int64{id})
	if len(found) == 0 {
		return notFound("User")
	}
	v := c.userView(found[0])
	v["bot"], v["bio"], v["created_at"] = false, "", stamp(found[0].CreatedAt)
	return c.ok(v)
}

func createUser(c *call) error {
	if err := c.root(); err != nil {
		return err
	}
	if err := c.require("email", "username", "name"); err != nil {
		return err
	}
	u := state.User{Username: c.p.String("username"), Name: c.p.String("name"), Email: c.p.String("email"), CreatedAt: c.Clock.Now()}
	if !userName.MatchString(u.Username) {
		return badRequest(object{"username": []string{"is invalid"}})
	}
	err := c.State.Update(func(tx *state.Tx) error {
		all, err := c.everybody(tx)
		if err != nil {
			return err
		}
		for _, other := range all {
			if strings.EqualFold(other.Username, u.Username) {
				return message(http.StatusConflict, "Username has already been taken")
			}
		}
		n, err := tx.NextID("users")
		u.ID = state.RootUser + n
		return errors.Join(err, state.Users.Put(tx, state.ID(u.ID), u))
	})
	if err != nil {
		return err
	}
	return c.created(c.userView(u))
}
