package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// CreateIssueID is what templates call the action that creates an issue.
const CreateIssueID = "gitlab:issues:create"

// createIssue creates an issue of a project.
type createIssue struct{ host gitLabHost }

var _ Action = createIssue{}

// ID gives "gitlab:issues:create".
func (createIssue) ID() string { return CreateIssueID }

type issueInput struct {
	RepoURL      string      `json:"repoUrl"`
	ProjectID    projectName `json:"projectId"`
	Title        string      `json:"title"`
	Description  string      `json:"description"`
	Assignees    []number    `json:"assignees"`
	Confidential bool        `json:"confidential"`
	CreatedAt    string      `json:"createdAt"`
	DueDate      string      `json:"dueDate"`
	Labels       labels      `json:"labels"`
	IssueType    string      `json:"issueType"`
	EpicID       int64       `json:"epicId"`
	MilestoneID  int64       `json:"milestoneId"`
	Weight       *int64      `json:"weight"`
	ResolvesOf   int64       `json:"mergeRequestToResolveDiscussionsOf"`
	Discussion   string      `json:"discussionToResolve"`
}

var issueTypes = []string{"", "issue", "incident", "test_case", "task"}

// maxIssue is how long a description may be, in bytes, with room for the operation's mark.
const maxIssue = 1_048_576 - 500

func (a createIssue) read(c Call) (operations.Effect, error) {
	in, err := decodeInput[issueInput](c)
	if err != nil {
		return operations.Effect{}, err
	}
	p := effects.IssueParams{
		Title: strings.TrimSpace(in.Title), Description: in.Description, Type: in.IssueType, Labels: in.Labels, Milestone: in.MilestoneID,
		Epic: in.EpicID, Confidential: in.Confidential, Weight: in.Weight, ResolvesOf: in.ResolvesOf, Discussion: in.Discussion,
		Created: in.CreatedAt,
	}
	if p.Project, err = a.host.projectOf(c, in.ProjectID, in.RepoURL); err != nil {
		return operations.Effect{}, err
	}
	if err := in.check(c); err != nil {
		return operations.Effect{}, err
	}
	if p.Due, err = day(c, "dueDate", in.DueDate); err != nil {
		return operations.Effect{}, err
	}
	if p.Assignees, err = numbers(in.Assignees, "each of assignees"); err != nil {
		return operations.Effect{}, err
	}
	return effects.NewIssue(c.StepID+"/issue", p)
}

func (in issueInput) check(c Call) error {
	if err := required(CreateIssueID, "title", strings.TrimSpace(in.Title)); err != nil {
		return err
	}
	if err := oneLine("title", in.Title, 255); err != nil {
		return err
	}
	if err := checkIssueText(in.Description, in.IssueType, in.Weight); err != nil {
		return err
	}
	return moment(c, "createdAt", in.CreatedAt)
}

// checkIssueText checks what a new issue and a change have in common.
func checkIssueText(description, kind string, weight *int64) error {
	switch {
	case len(description) > maxIssue:
		return errs.New(errs.Invalid, fmt.Sprintf("description is longer than %d bytes", maxIssue))
	case !slices.Contains(issueTypes, kind):
		return errs.New(errs.Invalid, "issueType is issue, incident, test_case or task")
	case weight != nil && *weight < 0:
		return errs.New(errs.Invalid, "weight is not below zero")
	}
	return nil
}

// moment refuses what is no time.
func moment(c Call, what, text string) error {
	if _, err := time.Parse(time.RFC3339, text); err != nil && text != "" && !c.unforeseen(text) {
		return errs.New(errs.Invalid, what+" is a time like 2027-01-31T12:00:00Z")
	}
	return nil
}

// day gives the day of a time or of a day.
func day(c Call, what, text string) (string, error) {
	if text == "" || c.unforeseen(text) {
		return text, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format(time.DateOnly), nil
		}
	}
	return "", errs.New(errs.Invalid, what+" is a day like 2027-01-31")
}

// Plan states the issue.
func (a createIssue) Plan(_ context.Context, c Call) (Planned, error) {
	e, err := a.read(c)
	if err != nil {
		return Planned{}, err
	}
	return Planned{Effects: []operations.Effect{e}, Detail: e.Target, Outputs: map[string]any{
		"issueUrl": c.unknown("issueUrl"), "issueId": c.unknown("issueId"), "issueIid": c.unknown("issueIid"),
	}}, nil
}

// Run creates the issue.
func (a createIssue) Run(ctx context.Context, c Call) (Result, error) {
	e, err := a.read(c)
	if err != nil {
		return Result{}, err
	}
	made, err := apply[effects.IssueResult](ctx, c, e)
	if err != nil {
		return Result{}, err
	}
	c.say("created the issue " + made.WebURL)
	return Result{Outputs: map[string]any{"issueUrl": made.WebURL, "issueId": made.ID, "issueIid": made.Number}, Detail: made.WebURL}, nil
}

func createIssueSpec() Spec {
	return Spec{
		ID:          CreateIssueID,
		Description: "Creates an issue of a project.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["title"],"anyOf":[{"required":["projectId"]},{"required":["repoUrl"]}],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The project, as RepoUrlPicker writes it: host?owner=group&repo=name, or host?project=number"},
"projectId":{"type":["number","string"],"description":"GitLab's id of the project, or its full path; comes first"},
"title":{"type":"string","description":"The title"},
"description":{"type":"string","description":"The description; the task's mark is put behind it"},
"assignees":{"type":"array","items":{"type":["number","string"]},"description":"GitLab's ids of the users to assign it to"},
"confidential":{"type":"boolean","description":"Only for members"},
"createdAt":{"type":"string","description":"When it is said to be created, for those who may say so"},
"dueDate":{"type":"string","description":"The day it is due, or a time of that day"},
"labels":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}],"description":"Labels, as a list or with commas between them"},
"issueType":{"type":"string","enum":["issue","incident","test_case","task"],"description":"issue when not given"},
"epicId":{"type":"number","description":"The epic that it belongs to, where GitLab has epics"},
"milestoneId":{"type":"number","description":"GitLab's id of the milestone"},
"weight":{"type":"number","minimum":0,"description":"The weight, where GitLab has weights"},
"discussionToResolve":{"type":"string","description":"The discussion to resolve, of that merge request"},
"mergeRequestToResolveDiscussionsOf":{"type":"number","description":"The number of the merge request whose discussions it resolves"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"issueUrl":{"type":"string","description":"The URL of the issue"},
"issueId":{"type":"number","description":"GitLab's id of the issue"},
"issueIid":{"type":"number","description":"Its number within the project"}}}`),
		Examples: []Example{{"Ask for what a template can't do", `steps:
  - id: issue
    name: Ask for a database
    action: gitlab:issues:create
    input:
      repoUrl: gitlab.example.com?owner=platform&repo=requests
      title: Database for ${{ parameters.name }}
      description: Asked for by ${{ user.ref }}
      labels: database
`}},
		Effects: []Undo{{effects.IssueKind, "the issue is deleted (closed where the portal may not delete), unless somebody has worked on it"}},
	}
}
