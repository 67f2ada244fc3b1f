package gitlab

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// group is the part of GitLab's group that Slipway uses.
type group struct {
	ID          int64   `json:"id"`
	Path        string  `json:"full_path"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Visibility  string  `json:"visibility"`
	WebURL      string  `json:"web_url"`
	Guests      []guest `json:"shared_with_groups"`
	MarkedOn    *string `json:"marked_for_deletion_on"`
}

func (g *group) hasID() bool { return g.ID != 0 }

func (g group) marked() bool { return g.MarkedOn != nil }

func (g group) scm() scm.Group {
	return scm.Group{ID: g.ID, Path: g.Path, Name: g.Name, Description: g.Description, Visibility: g.Visibility, WebURL: g.WebURL}
}

func groupPath(id int64) string { return "groups/" + strconv.FormatInt(id, 10) }

// Group implements scm.Groups. A path of digits alone is a number to GitLab, so that what
// is answered may be another group.
func (c *Client) Group(ctx context.Context, path string) (scm.Group, error) {
	doing := "reading the group " + safeText(path)
	if strings.Trim(path, "/") == "" {
		return scm.Group{}, errs.New(errs.Invalid, doing+": the path is empty")
	}
	var g group
	err := c.sendFor(ctx, call{
		doing: doing, method: http.MethodGet, path: "groups/" + escape(path), query: url.Values{"with_projects": {"false"}},
	}, &g)
	switch {
	case err != nil:
		return scm.Group{}, err
	case !strings.EqualFold(g.Path, path):
		return scm.Group{}, errs.New(errs.NotFound, doing+": GitLab has no group of that path, or not for this token")
	case g.marked():
		return scm.Group{}, errs.New(errs.NotFound, doing+": it is marked for deletion")
	}
	return g.scm(), nil
}

// GroupByID implements scm.Groups.
func (c *Client) GroupByID(ctx context.Context, id int64) (scm.Group, error) {
	g, err := c.groupByID(ctx, id)
	return g.scm(), err
}

// CreateGroup implements scm.Groups.
func (c *Client) CreateGroup(ctx context.Context, n scm.NewGroup) (scm.Group, error) {
	doing := "creating the group " + safeText(strings.TrimPrefix(n.Parent+"/"+n.Slug, "/"))
	if n.Slug == "" {
		return scm.Group{}, errs.New(errs.Invalid, doing+": a slug is needed")
	}
	body := &api.CreateGroupOptions{Name: api.Ptr(cmp.Or(n.Name, n.Slug)), Path: &n.Slug, Description: given(n.Description)}
	if n.Parent != "" {
		parent, err := c.Group(ctx, n.Parent)
		if errors.Is(err, errs.NotFound) {
			return scm.Group{}, errs.Wrap(errs.Invalid, doing+": the group above does not exist, or not for this token", err)
		}
		if err != nil {
			return scm.Group{}, err
		}
		body.ParentID = api.Ptr(int(parent.ID))
		if n.Visibility == "" {
			n.Visibility = parent.Visibility // GitLab takes its own default, which may be wider than the parent allows
		}
	}
	body.Visibility = given(api.VisibilityValue(n.Visibility))
	var g group
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodPost, path: "groups", body: body}, &g); err != nil {
		return scm.Group{}, err
	}
	return g.scm(), nil
}

// DeleteGroup implements scm.Groups.
func (c *Client) DeleteGroup(ctx context.Context, id int64) error {
	k := call{doing: "deleting group " + strconv.FormatInt(id, 10), method: http.MethodDelete, path: groupPath(id)}
	return c.erase(ctx, k, func() (string, bool, error) {
		g, err := c.groupByID(ctx, id)
		return g.Path, g.marked(), err
	})
}

func (c *Client) groupByID(ctx context.Context, id int64) (group, error) {
	var g group
	err := c.sendFor(ctx, call{
		doing: "reading group " + strconv.FormatInt(id, 10), method: http.MethodGet, path: groupPath(id), query: url.Values{"with_projects": {"false"}},
	}, &g)
	return g, err
}

// EmptyGroup implements scm.Groups. Projects that are only shared with the group are not in
// it.
func (c *Client) EmptyGroup(ctx context.Context, id int64) (bool, error) {
	for _, below := range []string{"/projects", "/subgroups"} {
		entries, err := list[namespace](ctx, c, call{
			doing: "looking into group " + strconv.FormatInt(id, 10), method: http.MethodGet, path: groupPath(id) + below,
			query: page(url.Values{"with_shared": {"false"}}, 1),
		}, 1)
		if err != nil || len(entries) > 0 {
			return false, err
		}
	}
	return true, nil
}
