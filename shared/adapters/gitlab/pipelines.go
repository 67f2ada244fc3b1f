package gitlab

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// pipeline is the part of a pipeline that listings have, too.
type pipeline struct{ api.PipelineInfo }

func (p *pipeline) hasID() bool { return p.ID != 0 }

func toPipeline(p *api.PipelineInfo) scm.Pipeline {
	return scm.Pipeline{ID: int64(p.ID), Status: scm.PipelineStatus(p.Status), Ref: p.Ref, SHA: p.SHA, WebURL: p.WebURL}
}

func pipelinePath(project, id int64) string {
	return fmt.Sprintf("%s/pipelines/%d", projectPath(project), id)
}

// StartPipeline implements scm.Pipelines.
func (c *Client) StartPipeline(ctx context.Context, project int64, ref string, variables map[string]string) (scm.Pipeline, error) {
	doing := fmt.Sprintf("starting a pipeline of project %d", project)
	if ref == "" {
		return scm.Pipeline{}, errs.New(errs.Invalid, doing+": a ref is needed")
	}
	var given []*api.PipelineVariableOptions
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		given = append(given, &api.PipelineVariableOptions{
			Key: api.Ptr(name), Value: api.Ptr(variables[name]), VariableType: api.Ptr(api.EnvVariableType),
		})
	}
	body := &api.CreatePipelineOptions{Ref: &ref}
	if len(given) > 0 {
		body.Variables = &given
	}
	var p pipeline
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodPost, path: projectPath(project) + "/pipeline", body: body}, &p); err != nil {
		return scm.Pipeline{}, err
	}
	return toPipeline(&p.PipelineInfo), nil
}

// Pipeline implements scm.Pipelines.
func (c *Client) Pipeline(ctx context.Context, project, id int64) (scm.Pipeline, error) {
	var p pipeline
	err := c.sendFor(ctx, call{
		doing: fmt.Sprintf("reading pipeline %d of project %d", id, project), method: http.MethodGet, path: pipelinePath(project, id),
	}, &p)
	if err != nil {
		return scm.Pipeline{}, err
	}
	return toPipeline(&p.PipelineInfo), nil
}

// PipelinesOf implements scm.Pipelines.
func (c *Client) PipelinesOf(ctx context.Context, project int64, ref string, limit int) ([]scm.Pipeline, error) {
	doing := fmt.Sprintf("listing the pipelines of project %d", project)
	if ref == "" || limit <= 0 {
		return nil, errs.New(errs.Invalid, doing+": a ref and a limit are needed")
	}
	entries, err := list[*api.PipelineInfo](ctx, c, call{
		doing: doing, method: http.MethodGet, path: projectPath(project) + "/pipelines",
		query: page(url.Values{"ref": {ref}, "source": {"api"}, "order_by": {"id"}, "sort": {"desc"}}, limit),
	}, limit)
	if err != nil {
		return nil, err
	}
	out := make([]scm.Pipeline, len(entries))
	for i, p := range entries {
		out[i] = toPipeline(p)
	}
	return out, nil
}

// PipelineVariables implements scm.Pipelines.
func (c *Client) PipelineVariables(ctx context.Context, project, id int64) (map[string]string, error) {
	entries, err := list[*api.PipelineVariable](ctx, c, call{
		doing:  fmt.Sprintf("reading the variables of pipeline %d of project %d", id, project),
		method: http.MethodGet, path: pipelinePath(project, id) + "/variables", query: page(url.Values{}, pageSize),
	}, 0)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(entries))
	for _, v := range entries {
		out[v.Key] = v.Value
	}
	return out, nil
}

// CancelPipeline implements scm.Pipelines.
func (c *Client) CancelPipeline(ctx context.Context, project, id int64) error {
	_, err := c.send(ctx, call{
		doing: fmt.Sprintf("cancelling pipeline %d of project %d", id, project), method: http.MethodPost, path: pipelinePath(project, id) + "/cancel",
	}, nil)
	return err
}
