package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// member is a user's access to a group or a project.
type member struct {
	ID    int64 `json:"id"`
	Level int   `json:"access_level"`
}

func (m *member) hasID() bool { return m.ID != 0 }

// guest is a group that a group is shared with.
type guest struct {
	Group int64 `json:"group_id"`
	Level int   `json:"group_access_level"`
}

// place gives where members of a group or a project are kept.
func place(m scm.Membership) string {
	if m.Group != 0 {
		return groupPath(m.Group) + "/members"
	}
	return projectPath(m.Project) + "/members"
}

// member makes a call about a membership of a user.
func (c *Client) member(doing, method string, m scm.Membership) call {
	return call{
		doing: fmt.Sprintf("%s of user %d in %s", doing, m.User, place(m)), method: method, path: fmt.Sprintf("%s/%d", place(m), m.User),
	}
}

// Member implements scm.Members.
func (c *Client) Member(ctx context.Context, m scm.Membership) (int, error) {
	if m.User == 0 {
		return c.guest(ctx, m)
	}
	var found member
	err := c.sendFor(ctx, c.member("reading the access", http.MethodGet, m), &found)
	if !errors.Is(err, errs.NotFound) {
		return found.Level, err
	}
	return 0, c.mustExist(ctx, m)
}

// mustExist tells a group or project without that member from one that is not there.
func (c *Client) mustExist(ctx context.Context, m scm.Membership) error {
	if m.Group != 0 {
		_, err := c.groupByID(ctx, m.Group)
		return err
	}
	_, err := c.ProjectByID(ctx, m.Project)
	return err
}

func (c *Client) guest(ctx context.Context, m scm.Membership) (int, error) {
	g, err := c.groupByID(ctx, m.Group)
	for _, with := range g.Guests {
		if with.Group == m.Guests {
			return with.Level, err
		}
	}
	return 0, err
}

// SetMember implements scm.Members. The access of a group can't be changed, only taken and
// given again.
func (c *Client) SetMember(ctx context.Context, m scm.Membership, level int) error {
	has, err := c.Member(ctx, m)
	if err != nil || has == level {
		return err
	}
	if m.User == 0 {
		if has != 0 {
			if err := c.RemoveMember(ctx, m); err != nil {
				return err
			}
		}
		_, err = c.send(ctx, call{
			doing: fmt.Sprintf("sharing group %d with group %d", m.Group, m.Guests), method: http.MethodPost, path: groupPath(m.Group) + "/share",
			body: map[string]any{"group_id": m.Guests, "group_access": level},
		}, nil)
		return err
	}
	k := c.member("changing the access", http.MethodPut, m)
	k.body = map[string]any{"access_level": level}
	if has == 0 {
		k.method, k.path, k.body = http.MethodPost, place(m), map[string]any{"user_id": m.User, "access_level": level}
	}
	_, err = c.send(ctx, k, nil)
	return err
}

// RemoveMember implements scm.Members. What somebody was given below stays.
func (c *Client) RemoveMember(ctx context.Context, m scm.Membership) error {
	k := c.member("taking the access", http.MethodDelete, m)
	k.query = url.Values{"skip_subresources": {"true"}}
	if m.User == 0 {
		k = call{
			doing:  fmt.Sprintf("not sharing group %d with group %d any more", m.Group, m.Guests),
			method: http.MethodDelete, path: fmt.Sprintf("%s/share/%d", groupPath(m.Group), m.Guests),
		}
	}
	_, err := c.send(ctx, k, nil)
	return orGone(err)
}
