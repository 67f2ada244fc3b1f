package rest

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/pipelines"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

func (a *API) jobRoutes() routes {
	const one = " /projects/{id}/jobs/{job}"
	return routes{
		"GET /projects/{id}/jobs":     listJobs,
		"GET" + one:                   getJob,
		"GET" + one + "/trace":        jobTrace,
		"POST" + one + "/play":        playJob,
		"POST" + one + "/retry":       retryJob,
		"POST" + one + "/cancel":      cancelJob,
		"POST /projects/{id}/ci/lint": lintContent,
		"GET /projects/{id}/ci/lint":  lintRef,
	}
}

// job gives the job of the route and its pipeline.
func (c *call) job(level int) (state.Project, state.Pipeline, state.Job, error) {
	var pl state.Pipeline
	p, err := c.project(level)
	if err != nil {
		return p, pl, state.Job{}, err
	}
	id, err := strconv.ParseInt(c.r.PathValue("job"), 10, 64)
	if err != nil {
		return p, pl, state.Job{}, invalid("job_id is invalid")
	}
	err = c.State.View(func(tx *state.Tx) error {
		at, err := state.JobOwners.Get(tx, state.ID(id))
		if err != nil {
			return err
		}
		if at.ProjectID != p.ID {
			return state.ErrNotFound
		}
		pl, err = state.Pipelines.Get(tx, state.ID(at.ProjectID, at.PipelineID))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return p, pl, state.Job{}, notFound("")
	}
	if err != nil {
		return p, pl, state.Job{}, err
	}
	return p, pl, jobIn(pl, id), nil
}

func jobIn(pl state.Pipeline, id int64) state.Job {
	for _, j := range pl.Jobs {
		if j.ID == id {
			return j
		}
	}
	return state.Job{}
}

func listJobs(c *call) error {
	p, err := c.project(reporter)
	if err != nil {
		return err
	}
	all, err := c.pipelines(p)
	if err != nil {
		return err
	}
	type run struct {
		pl state.Pipeline
		j  state.Job
	}
	list := []run{}
	for _, pl := range all {
		for _, j := range pl.Jobs {
			if c.inJobScope(j) {
				list = append(list, run{pl, j})
			}
		}
	}
	slices.SortFunc(list, func(a, b run) int { return int(b.j.ID - a.j.ID) })
	views := []object{}
	for _, r := range page(c, list) {
		views = append(views, c.jobView(p, r.pl, r.j))
	}
	return c.ok(views)
}

func getJob(c *call) error {
	p, pl, j, err := c.job(reporter)
	if err != nil {
		return err
	}
	return c.ok(c.jobView(p, pl, j))
}

func jobTrace(c *call) error {
	_, _, j, err := c.job(reporter)
	if err != nil {
		return err
	}
	text := ""
	if j.Status == gitlabci.Running {
		text = pipelines.SimulatedNotice + "\n"
	}
	err = c.State.View(func(tx *state.Tx) error {
		t, err := state.Traces.Get(tx, state.ID(j.ID))
		if errors.Is(err, state.ErrNotFound) {
			return nil
		}
		text = t
		return err
	})
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = c.w.Write([]byte(text)) // the client has gone if this fails
	return nil
}

func playJob(c *call) error {
	p, pl, j, err := c.job(developer)
	if err != nil {
		return err
	}
	vars := []state.PipelineVariable{}
	for _, v := range c.p.List("job_variables_attributes") {
		vars = append(vars, state.PipelineVariable{Key: v.String("key"), Value: v.String("value"), Type: "env_var"})
	}
	pl, err = c.Pipelines.PlayJob(p.ID, pl.ID, j.ID, vars)
	if errors.Is(err, pipelines.ErrNotNow) {
		return badRequest("400 Bad request - Unplayable Job")
	}
	if err != nil {
		return err
	}
	return c.ok(c.jobView(p, pl, jobIn(pl, j.ID)))
}

func retryJob(c *call) error {
	p, pl, j, err := c.job(developer)
	if err != nil {
		return err
	}
	pl, id, err := c.Pipelines.RetryJob(p.ID, pl.ID, j.ID)
	if errors.Is(err, pipelines.ErrNotNow) {
		return forbidden("Job is not retryable")
	}
	if err != nil {
		return err
	}
	return c.created(c.jobView(p, pl, jobIn(pl, id)))
}

func cancelJob(c *call) error {
	p, pl, j, err := c.job(developer)
	if err != nil {
		return err
	}
	if pl, err = c.Pipelines.CancelJob(p.ID, pl.ID, j.ID); err != nil {
		return err
	}
	return c.created(c.jobView(p, pl, jobIn(pl, j.ID)))
}

func lintContent(c *call) error {
	p, err := c.project(developer)
	if err != nil {
		return err
	}
	if err := c.require("content"); err != nil {
		return err
	}
	return c.lint(p, refOr(c, p), []byte(c.p.String("content")))
}

func lintRef(c *call) error {
	p, err := c.project(developer)
	if err != nil {
		return err
	}
	ref := c.p.String("content_ref")
	if ref == "" {
		ref = refOr(c, p)
	}
	return c.lint(p, ref, nil)
}

func (c *call) lint(p state.Project, ref string, content []byte) error {
	repo, err := c.Repos.Open(p.ID)
	if err != nil {
		return err
	}
	sha, err := repo.Resolve(ref)
	if err != nil {
		sha = "" // an empty repository: only the given content counts
	}
	if sha == "" && content == nil {
		return notFound("Commit")
	}
	r, err := c.Pipelines.Lint(pipelines.Request{Project: p, Ref: ref, SHA: sha, Source: "push"}, content)
	if err != nil {
		return err
	}
	v := object{"valid": r.Valid, "errors": orEmpty(r.Errors), "warnings": orEmpty(r.Warnings), "merged_yaml": r.MergedYAML, "includes": includes(p, r.Includes)}
	if c.p.Bool("include_jobs", false) {
		v["jobs"] = lintJobs(r.Jobs)
	}
	return c.json(http.StatusOK, v)
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func includes(p state.Project, paths []string) []object {
	views := []object{}
	for _, path := range paths {
		views = append(views, object{"type": "local", "location": path, "context_project": p.FullPath, "extra": object{}})
	}
	return views
}

func lintJobs(jobs []gitlabci.Job) []object {
	views := []object{}
	for _, j := range jobs {
		v := object{
			"name": j.Name, "stage": j.Stage, "before_script": orEmpty(j.BeforeScript), "script": orEmpty(j.Script), "after_script": orEmpty(j.AfterScript),
			"tag_list": orEmpty(j.Tags), "environment": nil, "when": j.When, "allow_failure": j.AllowFailure, "only": nil, "except": nil, "needs": nil,
		}
		if j.Environment != nil {
			v["environment"] = j.Environment.Name
		}
		views = append(views, v)
	}
	return views
}
