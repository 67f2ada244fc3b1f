package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// MergeRequestKind is the effect of opening a merge request in any project.
const MergeRequestKind = "gitlab.merge-request"

// MergeRequestParams describes the merge request.
type MergeRequestParams struct {
	Project            string   `json:"project"` // number or full path
	Source             string   `json:"source"`  // branch
	Target             string   `json:"target"`  // branch
	Title              string   `json:"title"`
	Description        string   `json:"description,omitempty"`
	Labels             []string `json:"labels,omitempty"`
	Assignee           string   `json:"assignee,omitempty"`  // user name
	Reviewers          []string `json:"reviewers,omitempty"` // user names
	RemoveSourceBranch bool     `json:"removeSourceBranch,omitempty"`
	// Existing says that the source branch is somebody else's: their commits are what is
	// proposed, and keep nobody from closing the merge request again.
	Existing bool `json:"existing,omitempty"`
}

func (p MergeRequestParams) within() string { return p.Project }

// MergeRequestResult is what came of it.
type MergeRequestResult struct {
	Project int64  `json:"project"`
	Number  int64  `json:"number"`
	Source  string `json:"source"` // branch
	WebURL  string `json:"webUrl"`
	// Unassigned are those who were asked for and whom GitLab does not know.
	Unassigned []string `json:"unassigned,omitempty"`
}

// NewMergeRequest makes the effect.
func NewMergeRequest(id string, p MergeRequestParams) (operations.Effect, error) {
	return newEffect(id, MergeRequestKind, fmt.Sprintf("%s: %s → %s", p.Project, p.Source, p.Target), p)
}

// MergeRequest performs MergeRequestKind.
type MergeRequest struct {
	Projects      scm.Projects
	Repositories  scm.Repositories
	MergeRequests scm.MergeRequests
	Users         scm.Users
}

var _ operations.Performer = MergeRequest{}

// Find looks for a merge request between the branches whose description carries the
// effect's trailers. One that was closed is none any more.
func (e MergeRequest) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[MergeRequestParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	list, err := e.MergeRequests.MergeRequestsFrom(ctx, p.ID, params.Source)
	if err != nil {
		return nil, fmt.Errorf("listing the merge requests of %s: %w", p.Path, err)
	}
	for _, m := range list {
		if m.Target == params.Target && m.State != "closed" && carriesTrailers(m.Description, op, effect) {
			return encode(MergeRequestResult{Project: p.ID, Number: m.Number, Source: m.Source, WebURL: m.WebURL})
		}
	}
	return nil, errs.New(errs.NotFound, "the project has no merge request of this operation")
}

// Do opens the merge request, for those of the people who are asked for that there are.
func (e MergeRequest) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[MergeRequestParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	wanted := scm.NewMergeRequest{
		Source: params.Source, Target: params.Target, Title: params.Title, Labels: params.Labels, RemoveSourceBranch: params.RemoveSourceBranch,
	}
	if params.Description != "" {
		wanted.Description = params.Description + "\n\n"
	}
	wanted.Description += trailers(op, effect)
	missing, err := e.people(ctx, params, &wanted)
	if err != nil {
		return nil, err
	}
	m, err := e.MergeRequests.CreateMergeRequest(ctx, p.ID, wanted)
	if err != nil {
		return nil, fmt.Errorf("opening a merge request of %s: %w", p.Path, err)
	}
	return encode(MergeRequestResult{Project: p.ID, Number: m.Number, Source: m.Source, WebURL: m.WebURL, Unassigned: missing})
}

// people puts in who is asked for, and gives those whom there are not.
func (e MergeRequest) people(ctx context.Context, params MergeRequestParams, wanted *scm.NewMergeRequest) (missing []string, err error) {
	number := func(name string) int64 {
		u, failure := e.Users.UserNamed(ctx, name)
		if errors.Is(failure, errs.NotFound) || errors.Is(failure, errs.Invalid) {
			missing, failure = append(missing, name), nil
		}
		err = errors.Join(err, failure)
		return u.ID
	}
	if params.Assignee != "" {
		wanted.Assignee = number(params.Assignee)
	}
	for _, name := range params.Reviewers {
		if id := number(name); id != 0 {
			wanted.Reviewers = append(wanted.Reviewers, id)
		}
	}
	return missing, err
}

// Undo closes the merge request, unless it was merged or somebody else has committed to
// the operation's branch.
func (e MergeRequest) Undo(ctx context.Context, op operations.Ref, effect operations.Effect, result json.RawMessage) error {
	made, err := decode[MergeRequestResult]("merge request", result)
	if err != nil {
		return err
	}
	params, err := decode[MergeRequestParams]("merge request", effect.Params)
	if err != nil {
		return err
	}
	if !params.Existing {
		if err := e.refuseForeignWork(ctx, op, made); err != nil {
			return err
		}
	}
	if err := e.MergeRequests.CloseMergeRequest(ctx, made.Project, made.Number); err != nil {
		return fmt.Errorf("closing merge request %d of project %d: %w", made.Number, made.Project, err)
	}
	return nil
}

func (e MergeRequest) refuseForeignWork(ctx context.Context, op operations.Ref, made MergeRequestResult) error {
	head, err := e.Repositories.Head(ctx, made.Project, made.Source)
	if errors.Is(err, errs.NotFound) { // merged and removed, or there is nothing of anybody's
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the branch %s of project %d: %w", made.Source, made.Project, err)
	}
	if !carriesTrailer(head.Message, op) {
		return foreignCommit(head)
	}
	return nil
}
