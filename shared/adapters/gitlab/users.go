package gitlab

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// user is the part of GitLab's user that Slipway uses.
type user struct {
	ID          int64  `json:"id"`
	Username    string `json:"username"`
	Name        string `json:"name"`
	State       string `json:"state"`
	WebURL      string `json:"web_url"`
	Email       string `json:"email"`
	PublicEmail string `json:"public_email"`
	Created     string `json:"created_at"`
}

func (u *user) hasID() bool { return u.ID != 0 }

func (u user) scm() scm.User {
	return scm.User{
		ID: u.ID, Username: u.Username, Name: u.Name, State: u.State, WebURL: u.WebURL, Email: u.Email, PublicEmail: u.PublicEmail,
		Created: moment(u.Created),
	}
}

// User implements scm.Users.
func (c *Client) User(ctx context.Context, id int64) (scm.User, error) {
	k := call{doing: "reading the user " + strconv.FormatInt(id, 10), method: http.MethodGet, path: "users/" + strconv.FormatInt(id, 10)}
	if id == 0 {
		k.doing, k.path = "reading the user of the token", "user"
	}
	var u user
	err := c.sendFor(ctx, k, &u)
	return u.scm(), err
}

// UserNamed implements scm.Users.
func (c *Client) UserNamed(ctx context.Context, name string) (scm.User, error) {
	doing := "looking for the user " + safeText(name)
	if name == "" {
		return scm.User{}, errs.New(errs.Invalid, doing+": a user name is needed")
	}
	users, err := list[user](ctx, c, call{
		doing: doing, method: http.MethodGet, path: "users", query: page(url.Values{"username": {name}}, 1),
	}, 1)
	if err != nil {
		return scm.User{}, err
	}
	if len(users) == 0 || users[0].ID == 0 || !strings.EqualFold(users[0].Username, name) {
		return scm.User{}, errs.New(errs.NotFound, doing+": GitLab has no such user, or not for this token")
	}
	return users[0].scm(), nil
}
