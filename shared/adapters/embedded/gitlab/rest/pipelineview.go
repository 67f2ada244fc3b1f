package rest

import (
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

func (a *API) pipelineURL(p state.Project, id int64) string {
	return a.BaseURL + "/" + p.FullPath + "/-/pipelines/" + idText(id)
}

// pipelineBrief is a pipeline as lists show it.
func (a *API) pipelineBrief(p state.Project, pl state.Pipeline) object {
	return object{
		"id": pl.ID, "iid": pl.IID, "project_id": p.ID, "sha": pl.SHA, "ref": pl.Ref, "status": pl.Status, "source": pl.Source,
		"created_at": stamp(pl.CreatedAt), "updated_at": stamp(pl.UpdatedAt), "web_url": a.pipelineURL(p, pl.ID),
		"name": nullable(pl.Definition.Name),
	}
}

// pipelineFull is one pipeline.
func (a *API) pipelineFull(p state.Project, pl state.Pipeline) object {
	v := a.pipelineBrief(p, pl)
	v["before_sha"], v["tag"], v["yaml_errors"], v["user"] = pl.BeforeSHA, pl.Tag, nullable(pl.YAMLErrors), a.rootUser()
	v["started_at"], v["finished_at"], v["committed_at"] = stampPtr(pl.StartedAt), stampPtr(pl.FinishedAt), nil
	v["duration"], v["coverage"], v["archived"] = wholeSeconds(pl.StartedAt, pl.FinishedAt), nil, false
	v["queued_duration"] = wholeSeconds(&pl.CreatedAt, pl.StartedAt)
	v["detailed_status"] = statusDetail(pl.Status, "/"+p.FullPath+"/-/pipelines/"+idText(pl.ID))
	return v
}

// wholeSeconds is a duration as pipelines show it; null until both ends are known.
func wholeSeconds(from, to *time.Time) any {
	if from == nil || to == nil {
		return nil
	}
	return int64(to.Sub(*from).Seconds())
}

func partSeconds(from, to *time.Time) any {
	if from == nil || to == nil {
		return nil
	}
	return to.Sub(*from).Seconds()
}

// statusTexts are icon, text and label of a status, as GitLab's pages call them.
var statusTexts = map[gitlabci.Status][3]string{
	gitlabci.Success:            {"status_success", "Passed", "passed"},
	gitlabci.Manual:             {"status_manual", "Blocked", "waiting for manual action"},
	gitlabci.WaitingForResource: {"status_pending", "Waiting", "waiting for resource"},
}

func statusDetail(s gitlabci.Status, path string) object {
	t, ok := statusTexts[s]
	if !ok {
		t = [3]string{"status_" + string(s), string(s), string(s)}
	}
	return object{
		"icon": t[0], "text": t[1], "label": t[2], "group": s, "tooltip": t[2], "has_details": true,
		"details_path": path, "illustration": nil, "favicon": "",
	}
}

func (a *API) jobView(p state.Project, pl state.Pipeline, j state.Job) object {
	v := object{
		"id": j.ID, "name": j.Name, "stage": j.Stage, "status": j.Status, "ref": pl.Ref, "tag": pl.Tag, "coverage": nil,
		"allow_failure": j.AllowFailure, "created_at": stamp(j.CreatedAt), "queued_at": stampPtr(j.QueuedAt), "started_at": stampPtr(j.StartedAt),
		"finished_at": stampPtr(j.FinishedAt), "erased_at": nil, "duration": partSeconds(j.StartedAt, j.FinishedAt),
		"queued_duration": partSeconds(j.QueuedAt, j.StartedAt), "failure_reason": nullable(j.FailureReason), "user": a.rootUser(),
		"commit":   a.factsView(p, pl.Commit),
		"pipeline": object{"id": pl.ID, "iid": pl.IID, "project_id": p.ID, "sha": pl.SHA, "ref": pl.Ref, "status": pl.Status, "source": pl.Source, "created_at": stamp(pl.CreatedAt), "updated_at": stamp(pl.UpdatedAt), "web_url": a.pipelineURL(p, pl.ID)},
		"project":  object{"ci_job_token_scope_enabled": false}, "artifacts": []object{}, "artifacts_expire_at": nil, "runner": nil, "runner_manager": nil,
		"archived": false, "source": pl.Source, "tag_list": []string{}, "web_url": a.BaseURL + "/" + p.FullPath + "/-/jobs/" + idText(j.ID),
	}
	for _, d := range pl.Definition.Jobs {
		if d.Name == j.Name && d.Tags != nil {
			v["tag_list"] = d.Tags
		}
	}
	if j.FailureReason == "" {
		delete(v, "failure_reason") // GitLab shows it on failed jobs only
	}
	return v
}

func (a *API) factsView(p state.Project, f state.CommitFacts) object {
	when := f.When.Format(time.RFC3339)
	return object{
		"id": f.ID, "short_id": f.ID[:min(8, len(f.ID))], "title": f.Title, "message": f.Message, "author_name": f.AuthorName,
		"author_email": f.AuthorEmail, "created_at": when, "web_url": a.BaseURL + "/" + p.FullPath + "/-/commit/" + f.ID,
	}
}
