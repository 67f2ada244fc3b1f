package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// mergeRequest is the part of GitLab's merge request that Slipway uses.
type mergeRequest struct {
	Number        int64  `json:"iid"`
	SourceProject int64  `json:"source_project_id"`
	Source        string `json:"source_branch"`
	Target        string `json:"target_branch"`
	Title         string `json:"title"`
	Description   string `json:"description"`
	State         string `json:"state"`
	WebURL        string `json:"web_url"`
}

func (m *mergeRequest) hasID() bool { return m.Number != 0 }

func (m mergeRequest) scm() scm.MergeRequest {
	return scm.MergeRequest{
		Number: m.Number, Source: m.Source, Target: m.Target, Title: m.Title, Description: m.Description, State: m.State, WebURL: m.WebURL,
	}
}

func requestsPath(project int64) string { return projectPath(project) + "/merge_requests" }

// MergeRequestsFrom implements scm.MergeRequests. A branch of the same name in a fork is
// another branch.
func (c *Client) MergeRequestsFrom(ctx context.Context, project int64, branch string) ([]scm.MergeRequest, error) {
	doing := fmt.Sprintf("listing the merge requests from %s of project %d", safeText(branch), project)
	if branch == "" {
		return nil, errs.New(errs.Invalid, doing+": a branch is needed")
	}
	query := url.Values{"source_branch": {branch}, "state": {"all"}, "order_by": {"created_at"}, "sort": {"desc"}}
	entries, err := list[mergeRequest](ctx, c, call{
		doing: doing, method: http.MethodGet, path: requestsPath(project), query: page(query, pageSize),
	}, 0)
	if err != nil {
		return nil, err
	}
	var out []scm.MergeRequest
	for _, m := range entries {
		if m.Source == branch && m.SourceProject == project {
			out = append(out, m.scm())
		}
	}
	return out, nil
}

// CreateMergeRequest implements scm.MergeRequests.
func (c *Client) CreateMergeRequest(ctx context.Context, project int64, n scm.NewMergeRequest) (scm.MergeRequest, error) {
	doing := fmt.Sprintf("opening a merge request in project %d", project)
	if n.Source == "" || n.Target == "" || n.Title == "" {
		return scm.MergeRequest{}, errs.New(errs.Invalid, doing+": two branches and a title are needed")
	}
	body := &api.CreateMergeRequestOptions{
		Title: &n.Title, Description: given(n.Description), SourceBranch: &n.Source, TargetBranch: &n.Target,
		RemoveSourceBranch: &n.RemoveSourceBranch, Squash: &n.Squash,
	}
	if len(n.Labels) > 0 {
		body.Labels = api.Ptr(api.LabelOptions(n.Labels))
	}
	if n.Assignee != 0 {
		body.AssigneeID = api.Ptr(int(n.Assignee))
	}
	if len(n.Reviewers) > 0 {
		body.ReviewerIDs = &[]int{}
		for _, id := range n.Reviewers {
			*body.ReviewerIDs = append(*body.ReviewerIDs, int(id))
		}
	}
	var m mergeRequest
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodPost, path: requestsPath(project), body: body}, &m); err != nil {
		return scm.MergeRequest{}, err
	}
	return m.scm(), nil
}

// CloseMergeRequest implements scm.MergeRequests. GitLab accepts to close one that is
// merged and leaves it so; the answer tells what it is.
func (c *Client) CloseMergeRequest(ctx context.Context, project, number int64) error {
	doing := fmt.Sprintf("closing merge request %d of project %d", number, project)
	var m mergeRequest
	err := c.sendFor(ctx, call{
		doing: doing, method: http.MethodPut, path: fmt.Sprintf("%s/%d", requestsPath(project), number),
		body: &api.UpdateMergeRequestOptions{StateEvent: api.Ptr("close")},
	}, &m)
	switch {
	case errors.Is(err, errs.NotFound) || (err == nil && m.State == "closed"):
		return nil
	case err != nil:
		return err
	}
	return errs.New(errs.Conflict, fmt.Sprintf("%s: it is %s", doing, safeText(m.State)))
}
