package rest

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) issueRoutes() routes {
	const one = " /projects/{id}/issues/{iid}"
	return routes{
		"GET /projects/{id}/issues":  listIssues,
		"POST /projects/{id}/issues": createIssue,
		"GET" + one:                  getIssue,
		"PUT" + one:                  editIssue,
		"DELETE" + one:               deleteIssue,
		"GET" + one + "/notes":       listNotes,
		"POST" + one + "/notes":      createNote,
	}
}

var issueTypes = []string{"issue", "incident", "test_case", "task"}

// issueView shows an issue. Milestones, epics and weights are not kept: what is asked of
// them is passed over, as the free edition does with epics and weights.
func (c *call) issueView(p state.Project, i state.Issue, notes int) object {
	v := object{
		"id": i.ID, "iid": i.IID, "project_id": p.ID, "title": i.Title, "description": nullable(i.Description), "state": i.State,
		"created_at": stamp(i.CreatedAt), "updated_at": stamp(i.UpdatedAt), "closed_at": stampPtr(i.ClosedAt), "closed_by": nil,
		"labels": orEmpty(i.Labels), "milestone": nil, "assignees": c.users(i.Assignees), "assignee": nil, "author": c.rootUser(),
		"type": strings.ToUpper(i.Type), "issue_type": i.Type, "due_date": nullable(i.Due), "confidential": i.Confidential,
		"discussion_locked": i.Locked, "user_notes_count": notes, "upvotes": 0, "downvotes": 0, "merge_requests_count": 0,
		"web_url":    c.BaseURL + "/" + p.FullPath + "/-/issues/" + idText(i.IID),
		"references": object{"short": "#" + idText(i.IID), "relative": "#" + idText(i.IID), "full": p.FullPath + "#" + idText(i.IID)},
		"severity":   "UNKNOWN", "imported": false, "has_tasks": false, "task_status": "",
	}
	if len(i.Assignees) > 0 {
		v["assignee"] = c.users(i.Assignees)[0]
	}
	return v
}

func (c *call) showIssue(status int, p state.Project, i state.Issue) error {
	var notes []state.Note
	err := c.State.View(func(tx *state.Tx) (err error) {
		notes, err = state.Notes.All(tx, state.ID(p.ID, i.IID)+"/")
		return err
	})
	if err != nil {
		return err
	}
	return c.json(status, c.issueView(p, i, len(notes)))
}

func listIssues(c *call) error {
	p, err := c.project(reporter)
	if err != nil {
		return err
	}
	var all []state.Issue
	notes := map[int64]int{}
	err = c.State.View(func(tx *state.Tx) (err error) {
		if all, err = state.Issues.All(tx, state.ID(p.ID)); err != nil {
			return err
		}
		for _, i := range all {
			list, err := state.Notes.All(tx, state.ID(p.ID, i.IID)+"/")
			if err != nil {
				return err
			}
			notes[i.IID] = len(list)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !strings.EqualFold(c.p.String("sort"), "asc") {
		slices.Reverse(all)
	}
	views := []object{}
	for _, i := range page(c, slices.DeleteFunc(all, func(i state.Issue) bool { return !c.keepIssue(i) })) {
		views = append(views, c.issueView(p, i, notes[i.IID]))
	}
	return c.ok(views)
}

func (c *call) keepIssue(i state.Issue) bool {
	want, iids := c.p.String("state"), c.p.Strings("iids")
	if want != "" && want != "all" && want != i.State {
		return false
	}
	for _, label := range labelList(c.p.Strings("labels")) {
		if !slices.Contains(i.Labels, label) {
			return false
		}
	}
	return (len(iids) == 0 || slices.Contains(iids, idText(i.IID))) &&
		strings.Contains(strings.ToLower(i.Title+" "+i.Description), strings.ToLower(c.p.String("search")))
}

// labelList gives labels that come as a list or with commas between them, each once.
func labelList(given []string) []string {
	var list []string
	for _, label := range strings.Split(strings.Join(given, ","), ",") {
		if label = strings.TrimSpace(label); label != "" && !slices.Contains(list, label) {
			list = append(list, label)
		}
	}
	slices.Sort(list)
	return list
}

// takeIssue reads an issue's parameters over what it has.
func (c *call) takeIssue(i *state.Issue) error {
	for name, field := range map[string]*string{"title": &i.Title, "description": &i.Description, "issue_type": &i.Type, "due_date": &i.Due} {
		if c.p.Has(name) {
			*field = c.p.String(name)
		}
	}
	i.Title = strings.TrimSpace(i.Title)
	i.Confidential, i.Locked = c.p.Bool("confidential", i.Confidential), c.p.Bool("discussion_locked", i.Locked)
	if c.p.Has("assignee_ids") || c.p.Has("assignee_id") {
		i.Assignees = c.known(append(c.p.Strings("assignee_ids"), c.p.String("assignee_id")))
		i.Assignees = i.Assignees[:min(1, len(i.Assignees))] // more than one belongs to paid editions
	}
	c.takeLabels(i)
	return checkIssue(i)
}

func (c *call) takeLabels(i *state.Issue) {
	if c.p.Has("labels") {
		i.Labels = labelList(c.p.Strings("labels"))
	}
	i.Labels = labelList(append(slices.Clone(i.Labels), c.p.Strings("add_labels")...))
	removed := labelList(c.p.Strings("remove_labels"))
	i.Labels = slices.DeleteFunc(i.Labels, func(l string) bool { return slices.Contains(removed, l) })
}

func checkIssue(i *state.Issue) error {
	switch {
	case i.Title == "":
		return badRequest(object{"title": []string{"can't be blank"}})
	case utf8.RuneCountInString(i.Title) > maxTitle:
		return badRequest(object{"title": []string{"is too long (maximum is 255 characters)"}})
	case utf8.RuneCountInString(i.Description) > maxDescription:
		return badRequest(object{"description": []string{"is too long (maximum is 1048576 characters)"}})
	case !slices.Contains(issueTypes, i.Type):
		return invalid("issue_type does not have a valid value")
	}
	if i.Due == "" {
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if day, err := time.Parse(layout, i.Due); err == nil {
			i.Due = day.Format(time.DateOnly)
			return nil
		}
	}
	return invalid("due_date is invalid")
}

func createIssue(c *call) error {
	p, err := c.project(guest)
	if err == nil {
		err = c.user()
	}
	if err != nil {
		return err
	}
	if err := c.require("title"); err != nil {
		return err
	}
	now := c.Clock.Now()
	i := state.Issue{ProjectID: p.ID, State: "opened", Type: "issue", CreatedAt: now, UpdatedAt: now}
	if at, err := time.Parse(time.RFC3339, c.p.String("created_at")); err == nil && c.who.Root {
		i.CreatedAt = at
	}
	if err := c.takeIssue(&i); err != nil {
		return err
	}
	err = c.State.Update(func(tx *state.Tx) error {
		if of := c.p.Int("merge_request_to_resolve_discussions_of", 0); of != 0 && !state.Requests.Has(tx, state.ID(p.ID, of)) {
			return notFound("")
		}
		if i.ID, err = tx.NextID("issues"); err != nil {
			return err
		}
		if i.IID, err = tx.NextOf(p.ID, "issues"); err != nil {
			return err
		}
		return state.Issues.Put(tx, state.ID(p.ID, i.IID), i)
	})
	if err != nil {
		return err
	}
	return c.showIssue(http.StatusCreated, p, i)
}

// issue gives the issue of the route.
func (c *call) issue() (state.Project, state.Issue, error) {
	var i state.Issue
	p, err := c.project(reporter)
	if err != nil {
		return p, i, err
	}
	iid, err := strconv.ParseInt(c.r.PathValue("iid"), 10, 64)
	if err != nil {
		return p, i, invalid("issue_iid is invalid")
	}
	err = c.State.View(func(tx *state.Tx) (err error) {
		i, err = state.Issues.Get(tx, state.ID(p.ID, iid))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return p, i, notFound("Issue")
	}
	return p, i, err
}

func getIssue(c *call) error {
	p, i, err := c.issue()
	if err != nil {
		return err
	}
	return c.showIssue(http.StatusOK, p, i)
}

func editIssue(c *call) error {
	p, i, err := c.issue()
	if err != nil {
		return err
	}
	if err := c.takeIssue(&i); err != nil {
		return err
	}
	i.UpdatedAt = c.Clock.Now()
	switch event := c.p.String("state_event"); {
	case event == "":
	case event == "close" && i.State == "opened":
		i.State, i.ClosedAt = "closed", &i.UpdatedAt
	case event == "reopen" && i.State == "closed":
		i.State, i.ClosedAt = "opened", nil
	case event != "close" && event != "reopen":
		return invalid("state_event does not have a valid value")
	}
	err = c.State.Update(func(tx *state.Tx) error {
		if !state.Issues.Has(tx, state.ID(p.ID, i.IID)) {
			return notFound("Issue")
		}
		return state.Issues.Put(tx, state.ID(p.ID, i.IID), i)
	})
	if err != nil {
		return err
	}
	return c.showIssue(http.StatusOK, p, i)
}

// deleteIssue is for owners of the project.
func deleteIssue(c *call) error {
	p, i, err := c.issue()
	if err != nil {
		return err
	}
	if c.who.Level(p) < owner {
		return forbidden("")
	}
	err = c.State.Update(func(tx *state.Tx) error {
		return errors.Join(state.Notes.DeleteAll(tx, state.ID(p.ID, i.IID)+"/"), state.Issues.Delete(tx, state.ID(p.ID, i.IID)))
	})
	if err != nil {
		return err
	}
	return c.noContent()
}

func (c *call) noteView(n state.Note) object {
	return object{
		"id": n.ID, "body": n.Body, "author": c.rootUser(), "created_at": stamp(n.CreatedAt), "updated_at": stamp(n.CreatedAt),
		"system": false, "noteable_type": "Issue", "internal": false, //nolint:misspell // GitLab's own word
	}
}

func listNotes(c *call) error {
	p, i, err := c.issue()
	if err != nil {
		return err
	}
	var list []state.Note
	err = c.State.View(func(tx *state.Tx) (err error) {
		list, err = state.Notes.All(tx, state.ID(p.ID, i.IID)+"/")
		return err
	})
	if err != nil {
		return err
	}
	views := []object{}
	for _, n := range page(c, list) {
		views = append(views, c.noteView(n))
	}
	return c.ok(views)
}

func createNote(c *call) error {
	p, i, err := c.issue()
	if err != nil {
		return err
	}
	if err := c.require("body"); err != nil {
		return err
	}
	n := state.Note{Body: c.p.String("body"), CreatedAt: c.Clock.Now()}
	err = c.State.Update(func(tx *state.Tx) error {
		if n.ID, err = tx.NextID("notes"); err != nil {
			return err
		}
		return state.Notes.Put(tx, state.ID(p.ID, i.IID, n.ID), n)
	})
	if err != nil {
		return err
	}
	return c.created(c.noteView(n))
}
