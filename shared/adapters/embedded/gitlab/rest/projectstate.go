package rest

import (
	"errors"
	"net/http"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) projectStateRoutes() routes {
	return routes{
		"POST /projects/{id}/archive":   func(c *call) error { return setArchived(c, true) },
		"POST /projects/{id}/unarchive": func(c *call) error { return setArchived(c, false) },
		"POST /projects/{id}/restore":   restoreProject,
		"PUT /projects/{id}/transfer":   transferProject,
	}
}

// change edits the project of the route in one transaction, tells system hooks, and leaves
// a redirect when the path changed.
func (c *call) change(level int, edit func(*state.Tx, *state.Project) error) (state.Project, error) {
	var p state.Project
	err := c.State.Update(func(tx *state.Tx) (err error) {
		if p, err = c.findProject(tx, c.r.PathValue("id"), level); err != nil {
			return err
		}
		before := p
		if err := edit(tx, &p); err != nil {
			return err
		}
		p.ActiveAt = c.Clock.Now()
		if err := state.MoveProject(tx, p, before.FullPath); err != nil {
			return err
		}
		return c.Hooks.Enqueue(tx, c.changed(before, p))
	})
	c.Hooks.Wake()
	return p, err
}

// changed is what GitLab calls the difference: a rename is told in place of an update.
func (c *call) changed(before, p state.Project) hooks.Event {
	switch {
	case before.NamespaceID != p.NamespaceID:
		return c.Hooks.ProjectEvent("project_transfer", p, before.FullPath, p.ActiveAt)
	case before.FullPath != p.FullPath:
		return c.Hooks.ProjectEvent("project_rename", p, before.FullPath, p.ActiveAt)
	}
	return c.Hooks.ProjectEvent("project_update", p, "", p.ActiveAt)
}

func editProject(c *call) error {
	current, err := c.project(maintainer)
	if err != nil {
		return err
	}
	if c.p.Has("default_branch") {
		if err := c.setDefaultBranch(current); err != nil {
			return err
		}
	}
	p, err := c.change(maintainer, func(tx *state.Tx, p *state.Project) error {
		c.takeEdits(p)
		c.takeSettings(p)
		if err := checkProject(*p); err != nil {
			return err
		}
		return claim(tx, *p)
	})
	if err != nil {
		return err
	}
	return c.showProject(http.StatusOK, p)
}

func (c *call) takeEdits(p *state.Project) {
	for name, field := range map[string]*string{
		"name": &p.Name, "description": &p.Description, "visibility": &p.Visibility,
		"default_branch": &p.DefaultBranch, "ci_config_path": &p.CIConfigPath,
	} {
		if c.p.Has(name) {
			*field = c.p.String(name)
		}
	}
	if c.p.Has("path") {
		p.Path = c.p.String("path")
		p.FullPath = p.FullPath[:strings.LastIndex(p.FullPath, "/")+1] + p.Path
	}
	if c.p.Has("topics") || c.p.Has("tag_list") {
		p.Topics = c.topics()
	}
}

// setDefaultBranch moves HEAD; the branch has to exist.
func (c *call) setDefaultBranch(p state.Project) error {
	repo, err := c.Repos.Open(p.ID)
	if err != nil {
		return err
	}
	branch := c.p.String("default_branch")
	refs, err := repo.Refs()
	if err != nil {
		return err
	}
	if _, ok := refs["refs/heads/"+branch]; !ok && len(refs) > 0 {
		return badRequest("Could not set the default branch. Do you have a branch named '" + branch + "' in your repository?")
	}
	return repo.SetHead(branch)
}

func setArchived(c *call, archived bool) error {
	p, err := c.change(owner, func(_ *state.Tx, p *state.Project) error { p.Archived = archived; return nil })
	if err != nil {
		return err
	}
	return c.showProject(http.StatusCreated, p)
}

func transferProject(c *call) error {
	if err := c.require("namespace"); err != nil {
		return err
	}
	p, err := c.change(owner, func(tx *state.Tx, p *state.Project) error {
		g, err := lookupGroup(tx, c.p.String("namespace"))
		if errors.Is(err, state.ErrNotFound) {
			return notFound("Namespace")
		}
		if err != nil {
			return err
		}
		p.NamespaceID, p.FullPath = g.ID, g.FullPath+"/"+p.Path
		if state.Paths.Has(tx, strings.ToLower(p.FullPath)) {
			return badRequest("Project with same name or path in target namespace already exists")
		}
		return claim(tx, *p)
	})
	if err != nil {
		return err
	}
	return c.showProject(http.StatusOK, p)
}

// deleteProject only marks: the path gets a suffix, which frees the old one. A second
// call with permanently_remove and the new full path removes it for good.
func deleteProject(c *call) error {
	p, err := c.project(owner)
	if err != nil {
		return err
	}
	if c.p.Bool("permanently_remove", false) {
		return c.removeProject(p)
	}
	_, err = c.change(owner, func(tx *state.Tx, p *state.Project) error {
		if p.MarkedAt != nil {
			return badRequest("Project has been already marked for deletion")
		}
		now, suffix := c.Clock.Now(), "-deletion_scheduled-"+idText(p.ID)
		p.MarkedAt, p.PathBefore, p.NameBefore = &now, p.FullPath, p.Name
		p.Path, p.Name, p.FullPath = p.Path+suffix, p.Name+suffix, p.FullPath+suffix
		return claim(tx, *p)
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusAccepted, object{"message": "202 Accepted"})
}

func (c *call) removeProject(p state.Project) error {
	if p.MarkedAt == nil {
		return badRequest("Project must be marked for deletion first.")
	}
	if c.p.String("full_path") != p.FullPath {
		return badRequest("`full_path` is incorrect. You must enter the complete path for the project.")
	}
	unlock := c.Repos.Lock(p.ID)
	defer unlock()
	if err := c.State.Update(func(tx *state.Tx) error { return c.forgetProject(tx, p) }); err != nil {
		return err
	}
	c.Hooks.Wake()
	if err := c.Repos.Remove(p.ID); err != nil {
		return err
	}
	return c.json(http.StatusAccepted, object{"message": "202 Accepted"})
}

// forgetProject removes all that is stored of a project but its repository.
func (c *call) forgetProject(tx *state.Tx, p state.Project) error {
	if err := state.DeleteProject(tx, p); err != nil {
		return err
	}
	return c.Hooks.Enqueue(tx, c.Hooks.ProjectEvent("project_destroy", p, "", c.Clock.Now()))
}

func restoreProject(c *call) error {
	p, err := c.change(owner, func(tx *state.Tx, p *state.Project) error {
		if p.MarkedAt == nil {
			return badRequest("Project has not been marked for deletion")
		}
		p.MarkedAt, p.FullPath, p.Name = nil, p.PathBefore, p.NameBefore
		p.Path = p.FullPath[strings.LastIndex(p.FullPath, "/")+1:]
		return claim(tx, *p)
	})
	if err != nil {
		return err
	}
	return c.showProject(http.StatusCreated, p)
}
