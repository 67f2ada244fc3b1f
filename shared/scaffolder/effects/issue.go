package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// IssueKind is the effect of creating an issue of any project.
const IssueKind = "gitlab.issue"

// issueWindow is how many of the newest issues are looked at for the operation's mark. They
// are looked at soon after, when the answer to the creation of one was lost.
const issueWindow = 100

// IssueParams describes the issue.
type IssueParams struct {
	Project      string   `json:"project"` // number or full path
	Title        string   `json:"title"`
	Description  string   `json:"description,omitempty"`
	Type         string   `json:"type,omitempty"`
	Due          string   `json:"due,omitempty"` // day
	Labels       []string `json:"labels,omitempty"`
	Assignees    []int64  `json:"assignees,omitempty"`
	Milestone    int64    `json:"milestone,omitempty"`
	Epic         int64    `json:"epic,omitempty"`
	Confidential bool     `json:"confidential,omitempty"`
	Weight       *int64   `json:"weight,omitempty"`
	Created      string   `json:"created,omitempty"` // RFC 3339
	ResolvesOf   int64    `json:"resolvesOf,omitempty"`
	Discussion   string   `json:"discussion,omitempty"`
}

func (p IssueParams) within() string { return p.Project }

// IssueResult is what came of it.
type IssueResult struct {
	Project int64  `json:"project"`
	ID      int64  `json:"id"`
	Number  int64  `json:"number"`
	WebURL  string `json:"webUrl"`
}

// NewIssue makes the effect.
func NewIssue(id string, p IssueParams) (operations.Effect, error) {
	return newEffect(id, IssueKind, p.Project+" "+p.Title+" for "+id, p)
}

// Issue performs IssueKind.
type Issue struct {
	Projects scm.Projects
	Issues   scm.Issues
}

var _ operations.Performer = Issue{}

// Find looks for an issue whose description carries the effect's trailers.
func (e Issue) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	_, p, err := inAny[IssueParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	list, err := e.Issues.OwnIssues(ctx, p.ID, issueWindow)
	if err != nil {
		return nil, fmt.Errorf("listing the issues of %s: %w", p.Path, err)
	}
	for _, i := range list {
		if carriesTrailers(i.Description, op, effect) {
			return issueResult(i)
		}
	}
	return nil, errs.New(errs.NotFound, "the project has no issue of this operation")
}

func issueResult(i scm.Issue) (json.RawMessage, error) {
	return encode(IssueResult{Project: i.Project, ID: i.ID, Number: i.Number, WebURL: i.WebURL})
}

// Do creates the issue.
func (e Issue) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[IssueParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	n := scm.NewIssue{
		Title: params.Title, Type: params.Type, Due: params.Due, Labels: params.Labels, Assignees: params.Assignees, Milestone: params.Milestone,
		Epic: params.Epic, Confidential: params.Confidential, Weight: params.Weight, ResolvesOf: params.ResolvesOf, Discussion: params.Discussion,
	}
	if params.Description != "" {
		n.Description = params.Description + "\n\n"
	}
	n.Description += trailers(op, effect)
	if params.Created != "" {
		if n.Created, err = time.Parse(time.RFC3339, params.Created); err != nil {
			return nil, errs.New(errs.Invalid, "an issue was created at a time like 2027-01-31T12:00:00Z")
		}
	}
	made, err := e.Issues.CreateIssue(ctx, p.ID, n)
	if err != nil {
		return nil, fmt.Errorf("creating an issue of %s: %w", p.Path, err)
	}
	return issueResult(made)
}

// Undo deletes the issue, unless somebody has worked on it. One that may not be deleted is
// closed.
func (e Issue) Undo(ctx context.Context, op operations.Ref, effect operations.Effect, result json.RawMessage) error {
	made, err := decode[IssueResult]("issue", result)
	if err != nil {
		return err
	}
	params, err := decode[IssueParams]("issue", effect.Params)
	if err != nil {
		return err
	}
	i, err := e.Issues.Issue(ctx, made.Project, made.Number)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading issue %d of project %d: %w", made.Number, made.Project, err)
	}
	if i.Notes > 0 || i.Title != params.Title || !carriesTrailers(i.Description, op, effect) {
		return errs.New(errs.Conflict, "somebody has worked on it since, so it is left for a person to decide")
	}
	err = e.Issues.DeleteIssue(ctx, made.Project, made.Number)
	if errors.Is(err, errs.Forbidden) { // only owners of a project may
		closed := false
		_, err = e.Issues.UpdateIssue(ctx, made.Project, made.Number, scm.IssueChange{Open: &closed})
	}
	if err != nil {
		return fmt.Errorf("removing issue %d of project %d: %w", made.Number, made.Project, err)
	}
	return nil
}
