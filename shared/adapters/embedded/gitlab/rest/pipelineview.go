package rest

import (
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
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
