package rest

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pipelines"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) environmentRoutes() routes {
	const one = " /projects/{id}/environments/{environment}"
	return routes{
		"GET /projects/{id}/environments":             listEnvironments,
		"POST /projects/{id}/environments":            createEnvironment,
		"GET" + one:                                   getEnvironment,
		"POST" + one + "/stop":                        stopEnvironment,
		"DELETE" + one:                                deleteEnvironment,
		"GET /projects/{id}/deployments":              listDeployments,
		"GET /projects/{id}/deployments/{deployment}": getDeployment,
		"GET /projects/{id}/search":                   searchProject,
	}
}

func environmentView(e state.Environment) object {
	return object{
		"id": e.ID, "name": e.Name, "slug": e.Slug, "external_url": nullable(e.URL), "state": e.State, "tier": e.Tier,
		"created_at": stamp(e.CreatedAt), "updated_at": stamp(e.UpdatedAt), "description": nil, "auto_stop_at": nil,
	}
}

func (c *call) environments(p state.Project) ([]state.Environment, error) {
	var list []state.Environment
	err := c.State.View(func(tx *state.Tx) (err error) {
		list, err = state.Environments.All(tx, state.ID(p.ID))
		return err
	})
	return list, err
}

func listEnvironments(c *call) error {
	p, err := c.project(reporter)
	if err != nil {
		return err
	}
	all, err := c.environments(p)
	if err != nil {
		return err
	}
	list := []state.Environment{}
	for _, e := range all {
		if (c.p.String("name") == "" || e.Name == c.p.String("name")) && strings.Contains(e.Name, c.p.String("search")) &&
			(c.p.String("states") == "" || e.State == c.p.String("states")) {
			list = append(list, e)
		}
	}
	views := []object{}
	for _, e := range page(c, list) {
		views = append(views, environmentView(e))
	}
	return c.ok(views)
}

func createEnvironment(c *call) error {
	p, err := c.project(developer)
	if err != nil {
		return err
	}
	if err := c.require("name"); err != nil {
		return err
	}
	now := c.Clock.Now()
	e := state.Environment{Name: c.p.String("name"), URL: c.p.String("external_url"), Tier: c.p.String("tier"), State: "available", CreatedAt: now, UpdatedAt: now}
	if e.Slug = pipelines.Slug(e.Name); e.Tier == "" {
		e.Tier = pipelines.Tier(e.Name)
	}
	if !slices.Contains([]string{"production", "staging", "testing", "development", "other"}, e.Tier) {
		return invalid("tier does not have a valid value")
	}
	err = c.State.Update(func(tx *state.Tx) (err error) {
		if state.Environments.Has(tx, state.Under(p.ID, e.Name)) {
			return badRequest(object{"name": []string{"has already been taken"}})
		}
		if e.ID, err = tx.NextID("environments"); err != nil {
			return err
		}
		return state.Environments.Put(tx, state.Under(p.ID, e.Name), e)
	})
	if err != nil {
		return err
	}
	return c.created(environmentView(e))
}

// environment gives the environment of the route.
func (c *call) environment(level int) (state.Project, state.Environment, error) {
	p, err := c.project(level)
	if err != nil {
		return p, state.Environment{}, err
	}
	all, err := c.environments(p)
	if err != nil {
		return p, state.Environment{}, err
	}
	for _, e := range all {
		if idText(e.ID) == c.r.PathValue("environment") {
			return p, e, nil
		}
	}
	return p, state.Environment{}, notFound("Environment")
}

func getEnvironment(c *call) error {
	p, e, err := c.environment(reporter)
	if err != nil {
		return err
	}
	v := environmentView(e)
	v["last_deployment"] = nil
	all, err := c.deployments(p)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.Environment == e.Name {
			if v["last_deployment"], err = c.deploymentView(p, e, d); err != nil {
				return err
			}
		}
	}
	return c.ok(v)
}

func stopEnvironment(c *call) error {
	p, e, err := c.environment(developer)
	if err != nil {
		return err
	}
	e.State, e.UpdatedAt = "stopped", c.Clock.Now()
	if err := c.State.Update(func(tx *state.Tx) error { return state.Environments.Put(tx, state.Under(p.ID, e.Name), e) }); err != nil {
		return err
	}
	return c.ok(environmentView(e))
}

func deleteEnvironment(c *call) error {
	p, e, err := c.environment(developer)
	if err != nil {
		return err
	}
	if e.State != "stopped" {
		return forbidden("")
	}
	if err := c.State.Update(func(tx *state.Tx) error { return state.Environments.Delete(tx, state.Under(p.ID, e.Name)) }); err != nil {
		return err
	}
	return c.noContent()
}

func (c *call) deployments(p state.Project) ([]state.Deployment, error) {
	var list []state.Deployment
	err := c.State.View(func(tx *state.Tx) (err error) {
		list, err = state.Deployments.All(tx, state.ID(p.ID))
		return err
	})
	return list, err
}

func (c *call) deploymentView(p state.Project, e state.Environment, d state.Deployment) (object, error) {
	v := object{
		"id": d.ID, "iid": d.IID, "ref": d.Ref, "sha": d.SHA, "status": d.Status, "created_at": stamp(d.CreatedAt), "updated_at": stamp(d.UpdatedAt),
		"user": c.rootUser(), "environment": object{"id": e.ID, "name": e.Name, "slug": e.Slug, "external_url": nullable(e.URL)}, "deployable": nil,
	}
	err := c.State.View(func(tx *state.Tx) error {
		pl, err := state.Pipelines.Get(tx, state.ID(p.ID, d.PipelineID))
		if errors.Is(err, state.ErrNotFound) {
			return nil // the pipeline was deleted
		}
		v["deployable"] = c.jobView(p, pl, jobIn(pl, d.JobID))
		return err
	})
	return v, err
}

func listDeployments(c *call) error {
	p, err := c.project(reporter)
	if err != nil {
		return err
	}
	all, err := c.deployments(p)
	if err != nil {
		return err
	}
	if !strings.EqualFold(c.p.String("sort"), "asc") && c.p.String("order_by") != "" {
		slices.Reverse(all)
	}
	list := slices.DeleteFunc(all, func(d state.Deployment) bool {
		env, status := c.p.String("environment"), c.p.String("status")
		return (env != "" && env != d.Environment) || (status != "" && status != d.Status)
	})
	views := []object{}
	for _, d := range page(c, list) {
		v, err := c.deploymentOf(p, d)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	return c.ok(views)
}

func (c *call) deploymentOf(p state.Project, d state.Deployment) (object, error) {
	all, err := c.environments(p)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if e.Name == d.Environment {
			return c.deploymentView(p, e, d)
		}
	}
	return c.deploymentView(p, state.Environment{Name: d.Environment}, d)
}

func getDeployment(c *call) error {
	p, err := c.project(reporter)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.r.PathValue("deployment"), 10, 64)
	if err != nil {
		return invalid("deployment_id is invalid")
	}
	all, err := c.deployments(p)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.ID == id {
			v, err := c.deploymentOf(p, d)
			if err != nil {
				return err
			}
			return c.ok(v)
		}
	}
	return notFound("Deployment")
}

// searchProject finds files whose name or content holds the text.
func searchProject(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	if err := c.require("scope", "search"); err != nil {
		return err
	}
	if c.p.String("scope") != "blobs" {
		return invalid("scope does not have a valid value")
	}
	at, err := repo.Resolve(refOr(c, p))
	if err != nil {
		return c.ok(page(c, []object{}))
	}
	list, err := repo.Tree(at, "", true)
	if err != nil {
		return err
	}
	term, byName := strings.CutPrefix(strings.ToLower(c.p.String("search")), "filename:")
	views := []object{}
	for _, e := range list {
		if e.Type != "blob" {
			continue
		}
		content, err := repo.Blob(e.ID)
		if err != nil {
			return err
		}
		at := strings.Index(strings.ToLower(string(content)), term)
		if (byName && !strings.HasSuffix(strings.ToLower(e.Path), term)) || (!byName && at < 0) {
			continue
		}
		line := 1 + strings.Count(string(content[:max(at, 0)]), "\n")
		views = append(views, object{"basename": e.Path, "path": e.Path, "filename": e.Path, "data": string(content), "id": nil, "ref": refOr(c, p), "startline": line, "project_id": p.ID})
	}
	return c.ok(page(c, views))
}
