package rest

import (
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// Version is the GitLab release whose behaviour is imitated.
const Version = "18.6.0"

const revision = "slipway-embedded"

func (a *API) instanceRoutes() routes {
	return routes{
		"GET /version":  version,
		"GET /metadata": metadata,
		"GET /user":     currentUser,
		"GET /users":    listUsers,
	}
}

func version(c *call) error {
	if err := c.user(); err != nil {
		return err
	}
	return c.ok(object{"version": Version, "revision": revision})
}

func metadata(c *call) error {
	if err := c.user(); err != nil {
		return err
	}
	return c.ok(object{
		"version": Version, "revision": revision, "enterprise": false,
		"kas": object{"enabled": false, "externalUrl": nil, "externalK8sProxyUrl": nil, "version": nil},
	})
}

func currentUser(c *call) error {
	if err := c.user(); err != nil {
		return err
	}
	u := c.rootUser()
	u["email"], u["is_admin"], u["two_factor_enabled"] = "root@"+hostOf(c.BaseURL), c.who.Root, false
	u["can_create_project"], u["can_create_group"] = c.who.Root, c.who.Root
	return c.ok(u)
}

// listUsers finds the one user by name, or by a part of what it is called.
func listUsers(c *call) error {
	if err := c.user(); err != nil {
		return err
	}
	views := []object{}
	name := c.p.String("username")
	if (name == "" || strings.EqualFold(name, rootName)) && found(c.p.String("search"), rootName, "Administrator") {
		views = append(views, c.rootUser())
	}
	return c.ok(page(c, views))
}

const rootName = "root"

// rootUser is the user of every answer: the instance has one.
func (a *API) rootUser() object {
	return object{
		"id": state.RootUser, "username": rootName, "name": "Administrator", "state": "active", "locked": false,
		"avatar_url": nil, "web_url": a.BaseURL + "/root", "public_email": "",
	}
}
