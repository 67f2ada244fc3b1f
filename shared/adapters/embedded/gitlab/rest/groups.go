package rest

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// pathRule is what a group's or project's path may be.
var pathRule = regexp.MustCompile(`^[a-zA-Z0-9]+([._-][a-zA-Z0-9]+)*$`)

const pathText = "can only include non-accented letters, digits, '_', '-' and '.'. It must not start with '-', '_', or '.', nor end with '-', '_', '.', '.git', or '.atom'."

func validPath(p string) bool {
	return len(p) <= 255 && pathRule.MatchString(p) && !strings.HasSuffix(p, ".git") && !strings.HasSuffix(p, ".atom")
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "localhost"
	}
	return u.Hostname()
}

func (a *API) groupRoutes() routes {
	return routes{
		"GET /groups":               listGroups,
		"POST /groups":              createGroup,
		"GET /groups/{id}":          getGroup,
		"DELETE /groups/{id}":       deleteGroup,
		"POST /groups/{id}/restore": restoreGroup,
		"PUT /groups/{id}":          editGroup,
		"GET /groups/{id}/projects": groupProjects,
		"GET /groups/{id}/subgroups": func(c *call) error {
			return groupsBelow(c, func(g, of state.Group) bool { return g.ParentID == of.ID })
		},
		"GET /groups/{id}/descendant_groups": func(c *call) error {
			return groupsBelow(c, func(g, of state.Group) bool { return below(g.FullPath, of) })
		},
		"GET /groups/{id}/search": groupSearch,
		"GET /namespaces":         listNamespaces,
		"GET /namespaces/{id}":    getNamespace,
	}
}

func (c *call) group() (state.Group, error) {
	var g state.Group
	if err := c.user(); err != nil {
		return g, err
	}
	err := c.State.View(func(tx *state.Tx) (err error) {
		g, err = lookupGroup(tx, c.r.PathValue("id"))
		return err
	})
	if errors.Is(err, state.ErrNotFound) || (err == nil && g.Kind != "group") {
		return g, notFound("Group")
	}
	return g, err
}

func (a *API) groupView(g state.Group) object {
	var parent any
	if g.ParentID != 0 {
		parent = g.ParentID
	}
	return object{
		"id": g.ID, "name": g.Name, "path": g.Path, "full_path": g.FullPath, "full_name": strings.ReplaceAll(g.FullPath, "/", " / "),
		"description": g.Description, "visibility": g.Visibility, "parent_id": parent, "created_at": stamp(g.CreatedAt),
		"web_url": a.BaseURL + "/groups/" + g.FullPath, "avatar_url": nil, "archived": false, "marked_for_deletion_on": day(g.MarkedAt),
	}
}

func (a *API) namespaceView(g state.Group) object {
	web := a.BaseURL + "/groups/" + g.FullPath
	if g.Kind == "user" {
		web = a.BaseURL + "/" + g.FullPath
	}
	v := a.groupView(g)
	return object{
		"id": g.ID, "name": g.Name, "path": g.Path, "kind": g.Kind, "full_path": g.FullPath,
		"parent_id": v["parent_id"], "avatar_url": nil, "web_url": web,
	}
}

func (c *call) groups(keep func(state.Group) bool) ([]state.Group, error) {
	if err := c.user(); err != nil {
		return nil, err
	}
	list := []state.Group{}
	err := c.State.View(func(tx *state.Tx) error {
		all, err := state.Groups.All(tx, "")
		for _, g := range all {
			if keep(g) && found(c.p.String("search"), g.FullPath, g.Path, g.Name) {
				list = append(list, g)
			}
		}
		return err
	})
	sortGroups(list, c.p.String("order_by"))
	if strings.EqualFold(c.p.String("sort"), "desc") {
		slices.Reverse(list)
	}
	return list, err
}

func sortGroups(list []state.Group, by string) {
	slices.SortFunc(list, func(a, b state.Group) int {
		if by == "id" {
			return cmp.Compare(a.ID, b.ID)
		}
		return cmp.Compare(a.FullPath, b.FullPath)
	})
}

// found is GitLab's search in names: for a part of one, but for the whole of one when the
// text has fewer than three characters.
func found(search string, names ...string) bool {
	if search == "" {
		return true
	}
	const whole = 3
	search = strings.ToLower(search)
	return slices.ContainsFunc(names, func(name string) bool {
		if utf8.RuneCountInString(search) < whole {
			return strings.EqualFold(name, search)
		}
		return strings.Contains(strings.ToLower(name), search)
	})
}

func listGroups(c *call) error {
	list, err := c.groups(func(g state.Group) bool {
		return g.Kind == "group" && (g.ParentID == 0 || !c.p.Bool("top_level_only", false))
	})
	if err != nil {
		return err
	}
	return c.groupPage(list)
}

// groupPage answers with the asked page of a list of groups.
func (c *call) groupPage(list []state.Group) error {
	views := []object{}
	for _, g := range page(c, list) {
		views = append(views, c.groupView(g))
	}
	return c.ok(views)
}

func listNamespaces(c *call) error {
	list, err := c.groups(func(state.Group) bool { return true })
	if err != nil {
		return err
	}
	views := []object{}
	for _, g := range page(c, list) {
		views = append(views, c.namespaceView(g))
	}
	return c.ok(views)
}

func getNamespace(c *call) error {
	if err := c.user(); err != nil {
		return err
	}
	var g state.Group
	err := c.State.View(func(tx *state.Tx) (err error) {
		g, err = lookupGroup(tx, c.r.PathValue("id"))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return notFound("Namespace")
	}
	if err != nil {
		return err
	}
	return c.ok(c.namespaceView(g))
}

func getGroup(c *call) error {
	g, err := c.group()
	if err != nil {
		return err
	}
	return c.showGroup(http.StatusOK, g)
}

// projectsBelow lists the projects of a group, or of its subgroups too, by id.
func projectsBelow(tx *state.Tx, g state.Group, subgroups bool) ([]state.Project, error) {
	all, err := state.Projects.All(tx, "")
	if err != nil {
		return nil, err
	}
	list := []state.Project{}
	for _, p := range all {
		if p.NamespaceID == g.ID || (subgroups && below(p.FullPath, g)) {
			list = append(list, p)
		}
	}
	return list, nil
}

func groupProjects(c *call) error {
	g, err := c.group()
	if err != nil {
		return err
	}
	var list []state.Project
	err = c.State.View(func(tx *state.Tx) (err error) {
		list, err = projectsBelow(tx, g, c.p.Bool("include_subgroups", false))
		if err != nil || !c.p.Bool("with_shared", true) {
			return err
		}
		shared, err := sharedWith(tx, g)
		for _, p := range shared {
			if !slices.ContainsFunc(list, func(own state.Project) bool { return own.ID == p.ID }) {
				list = append(list, p)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.projectList(list)
}

// groupSearch: content search over groups needs an index that only paid editions have.
func groupSearch(c *call) error {
	g, err := c.group()
	if err != nil {
		return err
	}
	if c.p.String("scope") != "projects" {
		return invalid("scope does not have a valid value")
	}
	var list []state.Project
	err = c.State.View(func(tx *state.Tx) (err error) {
		list, err = projectsBelow(tx, g, true)
		return err
	})
	if err != nil {
		return err
	}
	return c.projectList(list)
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }
