package gitlab

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// issue is the part of GitLab's issue that Slipway uses.
type issue struct {
	ID           int64    `json:"id"`
	Number       int64    `json:"iid"`
	Project      int64    `json:"project_id"`
	WebURL       string   `json:"web_url"`
	State        string   `json:"state"`
	Updated      string   `json:"updated_at"`
	Notes        int      `json:"user_notes_count"`
	Title        string   `json:"title"`
	Description  string   `json:"description"`
	Type         string   `json:"issue_type"`
	Due          string   `json:"due_date"`
	Labels       []string `json:"labels"`
	Assignees    []entry  `json:"assignees"`
	Milestone    *entry   `json:"milestone"`
	Epic         *entry   `json:"epic"`
	Confidential bool     `json:"confidential"`
	Locked       bool     `json:"discussion_locked"`
	Weight       *int64   `json:"weight"`
}

// entry is something that is told by its number.
type entry struct {
	ID int64 `json:"id"`
}

func (i *issue) hasID() bool { return i.ID != 0 && i.Number != 0 }

func (i issue) scm() scm.Issue {
	out := scm.Issue{
		ID: i.ID, Number: i.Number, Project: i.Project, WebURL: i.WebURL, State: i.State, Updated: moment(i.Updated), Notes: i.Notes,
		Title: i.Title, Description: i.Description, Type: i.Type, Due: i.Due, Labels: i.Labels, Confidential: i.Confidential, Locked: i.Locked,
		Weight: i.Weight,
	}
	for _, a := range i.Assignees {
		out.Assignees = append(out.Assignees, a.ID)
	}
	if i.Milestone != nil {
		out.Milestone = i.Milestone.ID
	}
	if i.Epic != nil {
		out.Epic = i.Epic.ID
	}
	return out
}

func issuesPath(project int64) string { return projectPath(project) + "/issues" }

func issuePath(project, number int64) string {
	return fmt.Sprintf("%s/%d", issuesPath(project), number)
}

// Issue implements scm.Issues.
func (c *Client) Issue(ctx context.Context, project, number int64) (scm.Issue, error) {
	var i issue
	err := c.sendFor(ctx, call{
		doing: fmt.Sprintf("reading issue %d of project %d", number, project), method: http.MethodGet, path: issuePath(project, number),
	}, &i)
	return i.scm(), err
}

// OwnIssues implements scm.Issues.
func (c *Client) OwnIssues(ctx context.Context, project int64, limit int) ([]scm.Issue, error) {
	doing := fmt.Sprintf("listing the issues of project %d", project)
	if limit <= 0 {
		return nil, errs.New(errs.Invalid, doing+": a limit is needed")
	}
	query := url.Values{"scope": {"created_by_me"}, "order_by": {"created_at"}, "sort": {"desc"}}
	entries, err := list[issue](ctx, c, call{
		doing: doing, method: http.MethodGet, path: issuesPath(project), query: page(query, limit),
	}, limit)
	var out []scm.Issue
	for _, i := range entries {
		out = append(out, i.scm())
	}
	return out, err
}

// body is a request of which everything that is zero is left out.
type body map[string]any

func (b body) text(name, value string) {
	if value != "" {
		b[name] = value
	}
}

func (b body) number(name string, value int64) {
	if value != 0 {
		b[name] = value
	}
}

func (b body) time(name string, value time.Time) {
	if !value.IsZero() {
		b[name] = value.UTC().Format(time.RFC3339Nano)
	}
}

// put puts in what is given, whatever it is.
func put[T any](b body, name string, value *T) {
	if value != nil {
		b[name] = *value
	}
}

// CreateIssue implements scm.Issues.
func (c *Client) CreateIssue(ctx context.Context, project int64, n scm.NewIssue) (scm.Issue, error) {
	doing := fmt.Sprintf("creating an issue of project %d", project)
	if strings.TrimSpace(n.Title) == "" {
		return scm.Issue{}, errs.New(errs.Invalid, doing+": a title is needed")
	}
	b := body{"title": n.Title}
	b.text("description", n.Description)
	b.text("issue_type", n.Type)
	b.text("due_date", n.Due)
	b.text("labels", strings.Join(n.Labels, ","))
	b.text("discussion_to_resolve", n.Discussion)
	b.number("milestone_id", n.Milestone)
	b.number("epic_id", n.Epic)
	b.number("merge_request_to_resolve_discussions_of", n.ResolvesOf)
	b.time("created_at", n.Created)
	put(b, "weight", n.Weight)
	if n.Confidential {
		b["confidential"] = true
	}
	if len(n.Assignees) > 0 {
		b["assignee_ids"] = n.Assignees
	}
	var i issue
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodPost, path: issuesPath(project), body: b}, &i); err != nil {
		return scm.Issue{}, err
	}
	return i.scm(), nil
}

// UpdateIssue implements scm.Issues.
func (c *Client) UpdateIssue(ctx context.Context, project, number int64, ch scm.IssueChange) (scm.Issue, error) {
	doing := fmt.Sprintf("changing issue %d of project %d", number, project)
	b := body{}
	put(b, "title", ch.Title)
	put(b, "description", ch.Description)
	put(b, "issue_type", ch.Type)
	put(b, "due_date", ch.Due)
	put(b, "milestone_id", ch.Milestone)
	put(b, "epic_id", ch.Epic)
	put(b, "confidential", ch.Confidential)
	put(b, "discussion_locked", ch.Locked)
	if ch.Labels != nil {
		b["labels"] = strings.Join(*ch.Labels, ",")
	}
	if ch.Assignees != nil {
		b["assignee_ids"] = orNobody(*ch.Assignees)
	}
	if ch.Weight != nil {
		b["weight"] = orNone(*ch.Weight)
	}
	if ch.Open != nil {
		b["state_event"] = map[bool]string{true: "reopen", false: "close"}[*ch.Open]
	}
	if len(b) == 0 {
		return scm.Issue{}, errs.New(errs.Invalid, doing+": there is nothing to change")
	}
	b.time("updated_at", ch.Updated)
	var i issue
	if err := c.sendFor(ctx, call{doing: doing, method: http.MethodPut, path: issuePath(project, number), body: b}, &i); err != nil {
		return scm.Issue{}, err
	}
	return i.scm(), nil
}

// orNobody gives what GitLab takes for no assignee: the number 0.
func orNobody(users []int64) []int64 {
	if len(users) == 0 {
		return []int64{0}
	}
	return users
}

func orNone(weight int64) *int64 {
	if weight < 0 {
		return nil
	}
	return &weight
}

// DeleteIssue implements scm.Issues.
func (c *Client) DeleteIssue(ctx context.Context, project, number int64) error {
	_, err := c.send(ctx, call{
		doing: fmt.Sprintf("deleting issue %d of project %d", number, project), method: http.MethodDelete, path: issuePath(project, number),
	}, nil)
	return orGone(err)
}
