package rest

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/params"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

var (
	nameRule = regexp.MustCompile(`^[\p{L}\p{N}_\x{1F300}-\x{1FAFF}][\p{L}\p{N}\p{Pd}_+. \x{1F300}-\x{1FAFF}]*$`)
	nonSlug  = regexp.MustCompile(`[^a-z0-9_.-]+`)
)

func validVisibility(v string) bool { return v == "private" || v == "internal" || v == "public" }

func (a *API) projectRoutes() routes {
	return routes{
		"GET /projects":         listProjects,
		"POST /projects":        createProject,
		"GET /projects/{id}":    getProject,
		"PUT /projects/{id}":    editProject,
		"DELETE /projects/{id}": deleteProject,
	}
}

func getProject(c *call) error {
	p, err := c.project(guest)
	if err != nil {
		return err
	}
	return c.showProject(http.StatusOK, p)
}

func (c *call) showProject(status int, p state.Project) error {
	f, err := c.facts(p)
	if err != nil {
		return err
	}
	return c.json(status, c.projectFull(p, f, c.who))
}

func createProject(c *call) error {
	if err := c.root(); err != nil {
		return err
	}
	p, err := c.newProject()
	if err != nil {
		return err
	}
	if err := c.State.Update(func(tx *state.Tx) (err error) { p.ID, err = tx.NextID("projects"); return err }); err != nil {
		return err
	}
	// The repository comes first: a project never lacks one, and a repository without a
	// project is swept away at the next start.
	if err := c.Repos.Create(p.ID, p.DefaultBranch); err != nil {
		return err
	}
	if c.p.Bool("initialize_with_readme", false) {
		err = c.writeReadme(p)
	}
	if err == nil {
		err = c.State.Update(func(tx *state.Tx) (err error) { p, err = c.storeProject(tx, p); return err })
	}
	if err != nil {
		return errors.Join(err, c.Repos.Remove(p.ID))
	}
	c.Hooks.Wake()
	if err := c.Pushes.Sync(c.r.Context(), p.ID); err != nil {
		return err
	}
	return c.showProject(http.StatusCreated, p)
}

func (c *call) newProject() (state.Project, error) {
	now := c.Clock.Now()
	p := state.Project{
		Name: strings.TrimSpace(c.p.String("name")), Path: c.p.String("path"), Description: c.p.String("description"),
		Visibility: c.p.String("visibility"), DefaultBranch: c.p.String("default_branch"), CIConfigPath: c.p.String("ci_config_path"),
		NamespaceID: c.p.Int("namespace_id", 1), Topics: c.topics(), Settings: map[string]any{}, CreatedAt: now, ActiveAt: now,
	}
	switch {
	case p.Name == "" && p.Path == "":
		return p, invalid("name, path are missing, at least one parameter must be provided")
	case p.Name == "":
		p.Name = p.Path
	case p.Path == "":
		p.Path = strings.Trim(nonSlug.ReplaceAllString(strings.ToLower(p.Name), "-"), "-.")
	}
	if p.Visibility == "" {
		p.Visibility = "private"
	}
	if p.DefaultBranch == "" {
		p.DefaultBranch = "main"
	}
	c.takeSettings(&p)
	return p, checkProject(p)
}

func (c *call) topics() []string {
	if c.p.Has("topics") {
		return c.p.Strings("topics")
	}
	return c.p.Strings("tag_list")
}

func (c *call) takeSettings(p *state.Project) {
	for k := range settingDefaults {
		if c.p.Has(k) {
			p.Settings[k] = plain(c.p[k], settingDefaults[k])
		}
	}
}

// plain gives a value the type its default has, for forms send only text.
func plain(v, like any) any {
	if s, ok := v.(string); ok {
		if _, isBool := like.(bool); isBool {
			return strings.EqualFold(s, "true") || s == "1"
		}
	}
	return v
}

func checkProject(p state.Project) error {
	fields := object{}
	if !validPath(p.Path) {
		fields["path"], fields["project_namespace.path"] = []string{pathText}, []string{pathText}
	}
	if len(p.Name) > 255 {
		fields["name"] = []string{"is too long (maximum is 255 characters)"}
	} else if !nameRule.MatchString(p.Name) {
		fields["name"] = []string{"can contain only letters, digits, emoji, '_', '.', '+', dashes, or spaces. It must start with a letter, digit, emoji, or '_'."}
	}
	if len(p.Description) > 2000 {
		fields["description"] = []string{"is too long (maximum is 2000 characters)"}
	}
	if !gitstore.ValidRefName(p.DefaultBranch) {
		fields["default_branch"] = []string{"is invalid"}
	}
	if len(fields) > 0 {
		return badRequest(fields)
	}
	if !validVisibility(p.Visibility) {
		return invalid("visibility does not have a valid value")
	}
	return checkSettings(p.Settings)
}

// checkSettings checks those settings that have but a few values.
func checkSettings(settings map[string]any) error {
	for name, values := range settingValues {
		if v, is := settings[name]; is && !slices.Contains(values, params.Text(v)) {
			return invalid(name + " does not have a valid value")
		}
	}
	return nil
}

// storeProject stores a new project unless its namespace is unknown or its path taken.
func (c *call) storeProject(tx *state.Tx, p state.Project) (state.Project, error) {
	ns, err := state.Groups.Get(tx, state.ID(p.NamespaceID))
	if errors.Is(err, state.ErrNotFound) {
		return p, badRequest(object{"namespace": []string{"is not valid"}})
	}
	if err != nil {
		return p, err
	}
	p.FullPath = ns.FullPath + "/" + p.Path
	if err := claim(tx, p); err != nil {
		return p, err
	}
	if err := state.Projects.Put(tx, state.ID(p.ID), p); err != nil {
		return p, err
	}
	return p, c.Hooks.Enqueue(tx, c.Hooks.ProjectEvent("project_create", p, "", p.CreatedAt))
}

// claim takes the project's full path and refuses one that is taken, also a name that
// another project of the namespace has.
func claim(tx *state.Tx, p state.Project) error {
	taken := []string{"has already been taken"}
	key := strings.ToLower(p.FullPath)
	at, err := state.Paths.Get(tx, key)
	if err == nil && at.Project != p.ID {
		return badRequest(object{"project_namespace.name": taken, "name": taken, "path": taken})
	}
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	all, err := state.Projects.All(tx, "")
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.NamespaceID == p.NamespaceID && other.Name == p.Name && other.ID != p.ID {
			return badRequest(object{"project_namespace.name": taken, "name": taken})
		}
	}
	return state.TakePath(tx, p.FullPath, state.Path{Project: p.ID})
}

func (c *call) writeReadme(p state.Project) error {
	repo, err := c.Repos.Open(p.ID)
	if err != nil {
		return err
	}
	me := c.author("", "")
	id, err := repo.Write(gitstore.NewCommit{Message: "Initial commit", Author: me, Committer: me, Changes: []gitstore.Change{
		{Action: gitstore.Create, Path: "README.md", Content: []byte("# " + p.Name + "\n")},
	}})
	if err != nil {
		return err
	}
	return repo.Move("refs/heads/"+p.DefaultBranch, gitstore.Zero, id)
}

func (c *call) author(name, email string) gitstore.Author {
	a := gitstore.Author{Name: "Administrator", Email: "root@" + hostOf(c.BaseURL), When: c.Clock.Now()}
	if name != "" {
		a.Name = name
	}
	if email != "" {
		a.Email = email
	}
	return a
}

func listProjects(c *call) error {
	var list []state.Project
	err := c.State.View(func(tx *state.Tx) (err error) {
		list, err = state.Projects.All(tx, "")
		return err
	})
	if err != nil {
		return err
	}
	return c.projectList(list)
}

// projectList answers the projects that the caller may see and the filters keep.
func (c *call) projectList(all []state.Project) error {
	list := []state.Project{}
	for _, p := range all {
		if c.who.Level(p) > 0 && c.wanted(p) {
			list = append(list, p)
		}
	}
	sortProjects(list, c.p.String("order_by"), c.p.String("sort"))
	if c.keyset() {
		list = keysetPage(c, list, c.keyParameter(), func(p state.Project) string { return idText(p.ID) })
	} else {
		list = page(c, list)
	}
	views := []object{}
	for _, p := range list {
		f, err := c.facts(p)
		if errors.Is(err, gitstore.ErrNotFound) || errors.Is(err, state.ErrNotFound) {
			continue // deleted while we were listing
		}
		if err != nil {
			return err
		}
		if c.p.Bool("simple", false) || !c.who.Known() {
			views = append(views, c.projectSimple(p, f))
		} else {
			views = append(views, c.projectFull(p, f, c.who))
		}
	}
	return c.ok(views)
}

func (c *call) keyParameter() string {
	if strings.EqualFold(c.p.String("sort"), "asc") {
		return "id_after"
	}
	return "id_before"
}

func (c *call) wanted(p state.Project) bool {
	names := []string{p.Path, p.Name, p.Description}
	if c.p.Bool("search_namespaces", false) {
		names = append(names, p.FullPath)
	}
	switch {
	case !found(c.p.String("search"), names...):
		return false
	case c.p.Has("archived") && c.p.Bool("archived", p.Archived) != p.Archived:
		return false
	case c.p.Has("active") && c.p.Bool("active", true) == (p.Archived || p.MarkedAt != nil):
		return false
	case c.p.String("visibility") != "" && c.p.String("visibility") != p.Visibility:
		return false
	case (c.p.Bool("owned", false) || c.p.Bool("membership", false)) && c.who.Level(p) <= guest:
		return false
	case c.p.Bool("starred", false):
		return false
	case c.p.Int("min_access_level", 0) > int64(c.who.Level(p)):
		return false
	}
	for _, t := range c.p.Strings("topic") {
		if !containsFold(p.Topics, t) {
			return false
		}
	}
	return c.p.Int("id_after", 0) < p.ID && (!c.p.Has("id_before") || p.ID < c.p.Int("id_before", 0))
}

func containsFold(list []string, s string) bool {
	for _, e := range list {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}

func sortProjects(list []state.Project, by, order string) {
	less := func(a, b state.Project) bool {
		switch by {
		case "id":
			return a.ID < b.ID
		case "name":
			return strings.ToLower(a.Name) < strings.ToLower(b.Name)
		case "path":
			return a.Path < b.Path
		case "last_activity_at", "updated_at":
			return a.ActiveAt.Before(b.ActiveAt)
		}
		return a.ID < b.ID // created_at: ids are given in that order
	}
	sort.SliceStable(list, func(i, j int) bool {
		if strings.EqualFold(order, "asc") {
			return less(list[i], list[j])
		}
		return less(list[j], list[i])
	})
}
