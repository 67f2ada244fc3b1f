package rest

import (
	"crypto/subtle"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pipelines"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

func (a *API) pipelineRoutes() routes {
	const one = " /projects/{id}/pipelines/{pipeline}"
	return routes{
		"POST /projects/{id}/pipeline":         func(c *call) error { return startPipeline(c, "api") },
		"POST /projects/{id}/trigger/pipeline": triggerPipeline,
		"GET /projects/{id}/pipelines":         listPipelines,
		"GET /projects/{id}/pipelines/latest":  latestPipeline,
		"GET" + one:                            getPipeline,
		"DELETE" + one:                         deletePipeline,
		"POST" + one + "/retry":                retryPipeline,
		"POST" + one + "/cancel":               cancelPipeline,
		"GET" + one + "/variables":             pipelineVariables,
		"GET" + one + "/jobs":                  pipelineJobs,
		"GET" + one + "/bridges":               pipelineBridges,
	}
}

// startPipeline starts one and ignores [skip ci]; nothing is stored when it is refused.
func startPipeline(c *call, source string) error {
	p, err := c.project(developer)
	if err != nil {
		return err
	}
	return c.start(p, source)
}

func (c *call) start(p state.Project, source string) error {
	if err := c.require("ref"); err != nil {
		return err
	}
	variables, err := c.pipelineInput()
	if err != nil {
		return err
	}
	repo, err := c.Repos.Open(p.ID)
	if err != nil {
		return err
	}
	ref := strings.TrimPrefix(strings.TrimPrefix(c.p.String("ref"), "refs/heads/"), "refs/tags/")
	_, err = repo.Branch(ref)
	isTag := errors.Is(err, gitstore.ErrNotFound)
	if isTag {
		_, err = repo.Tag(ref)
	}
	if errors.Is(err, gitstore.ErrNotFound) {
		return badRequest(object{"base": []string{"Reference not found"}})
	}
	if err != nil {
		return err
	}
	sha, err := repo.Resolve(ref)
	if err != nil {
		return err
	}
	pl, err := c.Pipelines.Create(c.r.Context(), pipelines.Request{
		Project: p, Ref: ref, Tag: isTag, SHA: sha, Before: gitstore.Zero, Source: source, Variables: variables, Inputs: c.p.Hash("inputs"),
	})
	var refused *pipelines.Refused
	if errors.As(err, &refused) {
		return badRequest(object{"base": refused.Messages})
	}
	if err != nil {
		return err
	}
	return c.created(c.pipelineFull(p, pl))
}

// pipelineInput reads variables, both as a list of hashes and as one hash.
func (c *call) pipelineInput() ([]state.PipelineVariable, error) {
	list := []state.PipelineVariable{}
	if h := c.p.Hash("variables"); h != nil && !h.Has("0") {
		for k := range h {
			list = append(list, state.PipelineVariable{Key: k, Value: h.String(k), Type: "env_var"})
		}
	} else {
		for _, v := range c.p.List("variables") {
			kind := v.String("variable_type")
			if kind == "" {
				kind = "env_var"
			}
			list = append(list, state.PipelineVariable{Key: v.String("key"), Value: v.String("value"), Type: kind})
		}
	}
	slices.SortStableFunc(list, func(a, b state.PipelineVariable) int { return strings.Compare(a.Key, b.Key) })
	for i, v := range list {
		switch {
		case !variableKey.MatchString(v.Key):
			return nil, badRequest(object{"base": []string{"Variables key can contain only letters, digits and '_'."}})
		case v.Type != "env_var" && v.Type != "file":
			return nil, invalid("variables[" + strconv.Itoa(i) + "][variable_type] does not have a valid value")
		case i > 0 && list[i-1].Key == v.Key:
			return nil, badRequest(object{"base": []string{"Duplicate variable name: " + v.Key}})
		}
	}
	return list, nil
}

// triggerPipeline starts one with a trigger token in place of a personal one.
func triggerPipeline(c *call) error {
	if err := c.require("token", "ref"); err != nil {
		return err
	}
	var p state.Project
	err := c.State.View(func(tx *state.Tx) (err error) {
		if p, _, err = lookupProject(tx, c.r.PathValue("id")); err != nil {
			return err
		}
		all, err := state.Triggers.All(tx, state.ID(p.ID))
		if err != nil {
			return err
		}
		for _, t := range all {
			if subtle.ConstantTimeCompare([]byte(t.Token), []byte(c.p.String("token"))) == 1 {
				return nil
			}
		}
		return state.ErrNotFound
	})
	if errors.Is(err, state.ErrNotFound) {
		return notFound("")
	}
	if err != nil {
		return err
	}
	return c.start(p, "trigger")
}

// pipeline gives the pipeline of the route.
func (c *call) pipeline(level int) (state.Project, state.Pipeline, error) {
	var pl state.Pipeline
	p, err := c.project(level)
	if err != nil {
		return p, pl, err
	}
	id, err := strconv.ParseInt(c.r.PathValue("pipeline"), 10, 64)
	if err != nil {
		return p, pl, invalid("pipeline_id is invalid")
	}
	err = c.State.View(func(tx *state.Tx) (err error) {
		pl, err = state.Pipelines.Get(tx, state.ID(p.ID, id))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return p, pl, notFound("")
	}
	return p, pl, err
}

func getPipeline(c *call) error {
	p, pl, err := c.pipeline(reporter)
	if err != nil {
		return err
	}
	return c.ok(c.pipelineFull(p, pl))
}

func deletePipeline(c *call) error {
	p, pl, err := c.pipeline(owner)
	if err != nil {
		return err
	}
	if err := c.Pipelines.Delete(p.ID, pl.ID); err != nil {
		return err
	}
	return c.noContent()
}

func retryPipeline(c *call) error {
	p, pl, err := c.pipeline(developer)
	if err != nil {
		return err
	}
	if pl, err = c.Pipelines.Retry(p.ID, pl.ID); err != nil {
		return err
	}
	return c.created(c.pipelineFull(p, pl))
}

func cancelPipeline(c *call) error {
	p, pl, err := c.pipeline(developer)
	if err != nil {
		return err
	}
	if pl, err = c.Pipelines.Cancel(p.ID, pl.ID); err != nil {
		return err
	}
	return c.ok(c.pipelineFull(p, pl))
}

func pipelineVariables(c *call) error {
	_, pl, err := c.pipeline(developer)
	if err != nil {
		return err
	}
	views := []object{}
	for _, v := range pl.Variables {
		views = append(views, object{"key": v.Key, "value": v.Value, "variable_type": v.Type, "raw": false})
	}
	return c.ok(views)
}

func (c *call) pipelines(p state.Project) ([]state.Pipeline, error) {
	var all []state.Pipeline
	err := c.State.View(func(tx *state.Tx) (err error) {
		all, err = state.Pipelines.All(tx, state.ID(p.ID))
		return err
	})
	return all, err
}

func listPipelines(c *call) error {
	p, err := c.project(reporter)
	if err != nil {
		return err
	}
	all, err := c.pipelines(p)
	if err != nil {
		return err
	}
	list := []state.Pipeline{}
	for _, pl := range all {
		keep, err := c.keepPipeline(pl)
		if err != nil {
			return err
		}
		if keep {
			list = append(list, pl)
		}
	}
	if c.p.String("order_by") == "updated_at" {
		slices.SortStableFunc(list, func(a, b state.Pipeline) int { return a.UpdatedAt.Compare(b.UpdatedAt) })
	}
	if !strings.EqualFold(c.p.String("sort"), "asc") {
		slices.Reverse(list)
	}
	views := []object{}
	for _, pl := range page(c, list) {
		views = append(views, c.pipelineBrief(p, pl))
	}
	return c.ok(views)
}

func (c *call) keepPipeline(pl state.Pipeline) (bool, error) {
	for name, value := range map[string]string{
		"ref": pl.Ref, "sha": pl.SHA, "source": pl.Source, "status": string(pl.Status), "name": pl.Definition.Name, "username": "root",
	} {
		if want := c.p.String(name); want != "" && want != value {
			return false, nil
		}
	}
	for name, at := range map[string]time.Time{"created": pl.CreatedAt, "updated": pl.UpdatedAt} {
		if bound := c.p.String(name + "_after"); bound != "" {
			t, err := time.Parse(time.RFC3339, bound)
			if err != nil {
				return false, invalid(name + "_after is invalid")
			}
			if !at.After(t) {
				return false, nil
			}
		}
		if bound := c.p.String(name + "_before"); bound != "" {
			t, err := time.Parse(time.RFC3339, bound)
			if err != nil {
				return false, invalid(name + "_before is invalid")
			}
			if !at.Before(t) {
				return false, nil
			}
		}
	}
	return inScope(pl, c.p.String("scope"))
}

func inScope(pl state.Pipeline, scope string) (bool, error) {
	switch scope {
	case "":
		return true, nil
	case "running", "pending":
		return string(pl.Status) == scope, nil
	case "finished":
		return pl.Status.Completed(), nil
	case "branches":
		return !pl.Tag, nil
	case "tags":
		return pl.Tag, nil
	}
	return false, invalid("scope does not have a valid value")
}

func latestPipeline(c *call) error {
	p, err := c.project(reporter)
	if err != nil {
		return err
	}
	all, err := c.pipelines(p)
	if err != nil {
		return err
	}
	ref := refOr(c, p)
	for _, pl := range slices.Backward(all) {
		if pl.Ref == ref {
			return c.ok(c.pipelineFull(p, pl))
		}
	}
	return forbidden("")
}

func pipelineJobs(c *call) error {
	return c.jobsOf(func(d *gitlabci.Job) bool { return d == nil || !d.Bridge })
}

func pipelineBridges(c *call) error {
	return c.jobsOf(func(d *gitlabci.Job) bool { return d != nil && d.Bridge })
}

func (c *call) jobsOf(keep func(*gitlabci.Job) bool) error {
	p, pl, err := c.pipeline(reporter)
	if err != nil {
		return err
	}
	list := []state.Job{}
	for _, j := range pl.Jobs {
		if (!j.Retried || c.p.Bool("include_retried", false)) && keep(definition(pl, j.Name)) && c.inJobScope(j) {
			list = append(list, j)
		}
	}
	slices.Reverse(list) // newest first
	views := []object{}
	for _, j := range page(c, list) {
		views = append(views, c.jobView(p, pl, j))
	}
	return c.ok(views)
}

func definition(pl state.Pipeline, name string) *gitlabci.Job {
	for i := range pl.Definition.Jobs {
		if pl.Definition.Jobs[i].Name == name {
			return &pl.Definition.Jobs[i]
		}
	}
	return nil
}

func (c *call) inJobScope(j state.Job) bool {
	scope := c.p.Strings("scope")
	return len(scope) == 0 || slices.Contains(scope, string(j.Status))
}
