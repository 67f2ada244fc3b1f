package actions

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scm"
)

// EditIssueID is what templates call the action that changes an issue.
const EditIssueID = "gitlab:issue:edit"

// editIssue changes an issue of a project.
type editIssue struct {
	host     gitLabHost
	projects scm.Projects
	issues   scm.Issues
}

var _ Action = editIssue{}

// ID gives "gitlab:issue:edit".
func (editIssue) ID() string { return EditIssueID }

type issueEditInput struct {
	RepoURL          string      `json:"repoUrl"`
	ProjectID        projectName `json:"projectId"`
	IssueIID         number      `json:"issueIid"`
	Title            *string     `json:"title"`
	Description      *string     `json:"description"`
	IssueType        *string     `json:"issueType"`
	DueDate          *string     `json:"dueDate"`
	Labels           *labels     `json:"labels"`
	AddLabels        labels      `json:"addLabels"`
	RemoveLabels     labels      `json:"removeLabels"`
	Assignees        *[]number   `json:"assignees"`
	MilestoneID      *int64      `json:"milestoneId"`
	EpicID           *int64      `json:"epicId"`
	Weight           *int64      `json:"weight"`
	Confidential     *bool       `json:"confidential"`
	DiscussionLocked *bool       `json:"discussionLocked"`
	StateEvent       string      `json:"stateEvent"`
	UpdatedAt        string      `json:"updatedAt"`
}

func (a editIssue) read(c Call) (effects.IssueChangeParams, error) {
	in, err := decodeInput[issueEditInput](c)
	if err != nil {
		return effects.IssueChangeParams{}, err
	}
	p := effects.IssueChangeParams{Add: in.AddLabels, Remove: in.RemoveLabels, Updated: in.UpdatedAt}
	if p.Project, err = a.host.projectOf(c, in.ProjectID, in.RepoURL); err != nil {
		return p, err
	}
	if p.Number, err = in.IssueIID.checked(c, "issueIid"); err != nil {
		return p, err
	}
	if err := moment(c, "updatedAt", in.UpdatedAt); err != nil {
		return p, err
	}
	if p.Set, err = in.state(c); err != nil {
		return p, err
	}
	if p.Set == (effects.IssueState{}) && len(p.Add)+len(p.Remove) == 0 {
		return p, errs.New(errs.Invalid, EditIssueID+" changes nothing: it needs one of title, description, labels, stateEvent …")
	}
	return p, nil
}

// state gives what the issue is to be, as far as that is given: what is not stays as it is.
func (in issueEditInput) state(c Call) (effects.IssueState, error) {
	s := effects.IssueState{
		Title: in.Title, Description: in.Description, Type: in.IssueType, Milestone: in.MilestoneID, Epic: in.EpicID, Weight: in.Weight,
		Confidential: in.Confidential, Locked: in.DiscussionLocked,
	}
	text := func(t *string) string {
		if t == nil {
			return ""
		}
		return *t
	}
	if err := checkIssueText(text(in.Description), text(in.IssueType), in.Weight); err != nil {
		return s, err
	}
	if in.Title != nil {
		if err := oneLine("title", *in.Title, 255); err != nil || strings.TrimSpace(*in.Title) == "" {
			return s, errs.New(errs.Invalid, "title is one line of 1 to 255 bytes")
		}
	}
	if in.DueDate != nil {
		due, err := day(c, "dueDate", *in.DueDate)
		if err != nil {
			return s, err
		}
		s.Due = &due
	}
	if in.Labels != nil {
		list := append([]string{}, *in.Labels...)
		s.Labels = &list
	}
	if in.Assignees != nil {
		users, err := numbers(*in.Assignees, "each of assignees")
		if err != nil {
			return s, err
		}
		s.Assignees = &users
	}
	switch in.StateEvent {
	case "":
	case "close", "reopen":
		open := in.StateEvent == "reopen"
		s.Open = &open
	default:
		return s, errs.New(errs.Invalid, "stateEvent is close or reopen")
	}
	return s, nil
}

// effect states the change from what the issue is now. What an earlier run has begun goes on
// as it was begun.
func (a editIssue) effect(ctx context.Context, c Call) (operations.Effect, error) {
	id := c.StepID + "/change"
	begun, err := c.begun(ctx, id)
	if err != nil {
		return operations.Effect{}, err
	}
	if begun != nil {
		return *begun, nil
	}
	p, err := a.read(c)
	if err != nil {
		return operations.Effect{}, err
	}
	i, err := a.find(ctx, c, p)
	switch {
	case c.Rehearsing && errors.Is(err, errUnforeseen):
		p.Before = c.unknown("before")
	case err != nil:
		return operations.Effect{}, err
	default:
		if p.Before, err = p.BeforeChange(i); err != nil {
			return operations.Effect{}, err
		}
	}
	return effects.NewIssueChange(id, p)
}

// errUnforeseen is an issue that an earlier step may be about to make.
var errUnforeseen = errs.New(errs.NotFound, "the issue is not there yet")

func (a editIssue) find(ctx context.Context, c Call, p effects.IssueChangeParams) (scm.Issue, error) {
	project, known, err := knownProject(ctx, c, a.projects, p.Project)
	if err != nil {
		return scm.Issue{}, err
	}
	if !known || c.unforeseen(p.Number) {
		return scm.Issue{}, errUnforeseen
	}
	number, err := strconv.ParseInt(p.Number, 10, 64)
	if err != nil {
		return scm.Issue{}, notANumber("issueIid")
	}
	i, err := a.issues.Issue(ctx, project.ID, number)
	if err != nil {
		return scm.Issue{}, fmt.Errorf("reading issue %d of %s: %w", number, project.Path, err)
	}
	return i, nil
}

// Plan states the change.
func (a editIssue) Plan(ctx context.Context, c Call) (Planned, error) {
	c.Rehearsing = true
	e, err := a.effect(ctx, c)
	if err != nil {
		return Planned{}, err
	}
	out := map[string]any{}
	for _, name := range []string{"issueUrl", "projectId", "issueId", "issueIid", "state", "title", "updatedAt"} {
		out[name] = c.unknown(name)
	}
	return Planned{Effects: []operations.Effect{e}, Outputs: out, Detail: e.Target}, nil
}

// Run changes the issue.
func (a editIssue) Run(ctx context.Context, c Call) (Result, error) {
	e, err := a.effect(ctx, c)
	if err != nil {
		return Result{}, err
	}
	made, err := apply[effects.IssueChangeResult](ctx, c, e)
	if err != nil {
		return Result{}, err
	}
	c.say("changed the issue " + made.WebURL)
	return Result{Detail: made.WebURL, Outputs: map[string]any{
		"issueUrl": made.WebURL, "projectId": made.Project, "issueId": made.ID, "issueIid": made.Number, "state": made.State, "title": made.Title,
		"updatedAt": made.Updated,
	}}, nil
}

func editIssueSpec() Spec {
	return Spec{
		ID:          EditIssueID,
		Description: "Changes an issue of a project: what is given, and nothing else.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["issueIid"],"anyOf":[{"required":["projectId"]},{"required":["repoUrl"]}],"additionalProperties":false,"properties":{
"repoUrl":{"type":"string","description":"The project, as RepoUrlPicker writes it: host?owner=group&repo=name, or host?project=number"},
"projectId":{"type":["number","string"],"description":"GitLab's id of the project, or its full path; comes first"},
"issueIid":{"type":["number","string"],"description":"The number of the issue within the project"},
"title":{"type":"string","description":"The title"},
"description":{"type":"string","description":"The description"},
"labels":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}],"description":"All labels; none for an empty text"},
"addLabels":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}],"description":"Labels to add"},
"removeLabels":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}],"description":"Labels to take away"},
"assignees":{"type":"array","items":{"type":["number","string"]},"description":"GitLab's ids of the users to assign it to; nobody for an empty list"},
"confidential":{"type":"boolean","description":"Only for members"},
"discussionLocked":{"type":"boolean","description":"Only members may comment"},
"dueDate":{"type":"string","description":"The day it is due; an empty text for none"},
"issueType":{"type":"string","enum":["issue","incident","test_case","task"],"description":"The type"},
"epicId":{"type":"number","description":"The epic that it belongs to, where GitLab has epics; 0 for none"},
"milestoneId":{"type":"number","description":"GitLab's id of the milestone; 0 for none"},
"weight":{"type":"number","minimum":0,"description":"The weight, where GitLab has weights"},
"stateEvent":{"type":"string","enum":["close","reopen"],"description":"Close or reopen it"},
"updatedAt":{"type":"string","description":"When it is said to be changed, for those who may say so"},
"token":{"type":"string","description":"Accepted for compatibility; the portal uses its own access"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"properties":{
"issueUrl":{"type":"string","description":"The URL of the issue"},
"projectId":{"type":"number","description":"GitLab's id of the project"},
"issueId":{"type":"number","description":"GitLab's id of the issue"},
"issueIid":{"type":"number","description":"Its number within the project"},
"state":{"type":"string","description":"opened or closed"},
"title":{"type":"string","description":"The title"},
"updatedAt":{"type":"string","description":"When it was last changed"}}}`),
		Examples: []Example{{"Close the request that this was about", `steps:
  - id: close
    name: Close the request
    action: gitlab:issue:edit
    input:
      repoUrl: gitlab.example.com?owner=platform&repo=requests
      issueIid: ${{ parameters.request }}
      addLabels: done
      stateEvent: close
`}},
		Effects: []Undo{{effects.IssueChangeKind, "the issue becomes what it was, unless somebody has changed the same since"}},
	}
}
