package rest

import (
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

const rootName = "root"

// rootUser is who does everything: tokens are root's.
func (a *API) rootUser() object {
	return object{
		"id": state.RootUser, "username": rootName, "name": "Administrator", "state": "active", "locked": false,
		"avatar_url": nil, "web_url": a.BaseURL + "/" + rootName, "public_email": "",
	}
}
