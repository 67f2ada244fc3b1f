package rest

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

func (a *API) mergeRequestRoutes() routes {
	const one = " /projects/{id}/merge_requests/{iid}"
	return routes{
		"GET /projects/{id}/merge_requests":  listRequests,
		"POST /projects/{id}/merge_requests": createRequest,
		"GET" + one:                          getRequest,
		"PUT" + one:                          editRequest,
		"PUT" + one + "/merge":               mergeRequest,
		"GET" + one + "/commits":             requestCommits,
		"GET" + one + "/diffs":               requestDiffs,
		"GET" + one + "/approval_state":      requestApprovals,
	}
}

// mergeable says whether and why not a request could be merged now.
func (c *call) mergeable(repo *gitstore.Repo, m state.MergeRequest) (string, error) {
	if m.State != "opened" {
		return "not_open", nil
	}
	target, err := repo.Branch(m.Target)
	if errors.Is(err, gitstore.ErrNotFound) {
		return "broken_status", nil
	}
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(strings.ToLower(m.Title), "draft:") {
		return "draft_status", nil
	}
	_, clash, err := repo.Merge(target, m.SHA, "trial", c.author("", ""))
	if errors.Is(err, gitstore.ErrNotFound) {
		return "broken_status", nil
	}
	if clash {
		return "conflict", err
	}
	return "mergeable", err
}

func (c *call) requestView(p state.Project, repo *gitstore.Repo, m state.MergeRequest) (object, error) {
	detail, err := c.mergeable(repo, m)
	status := "can_be_merged"
	if detail == "conflict" || detail == "broken_status" {
		status = "cannot_be_merged"
	}
	full := p.FullPath + "!" + idText(m.IID)
	v := object{
		"id": m.ID, "iid": m.IID, "project_id": p.ID, "title": m.Title, "description": m.Description, "state": m.State,
		"created_at": stamp(m.CreatedAt), "updated_at": stamp(m.UpdatedAt), "merged_at": stampPtr(m.MergedAt), "closed_at": stampPtr(m.ClosedAt),
		"source_branch": m.Source, "target_branch": m.Target, "source_project_id": p.ID, "target_project_id": p.ID, "author": c.rootUser(),
		"assignee": nil, "assignees": c.users(m.Assignees), "reviewers": c.users(m.Reviewers), "labels": m.Labels, "milestone": nil, "upvotes": 0, "downvotes": 0,
		"draft": detail == "draft_status", "work_in_progress": detail == "draft_status", "merge_when_pipeline_succeeds": false,
		"merge_status": status, "detailed_merge_status": detail, "sha": m.SHA, "merge_commit_sha": nullable(m.MergeCommit), "squash_commit_sha": nil,
		"should_remove_source_branch": nil, "force_remove_source_branch": m.RemoveSource, "squash": m.Squash, "user_notes_count": 0,
		"reference": "!" + idText(m.IID), "references": object{"short": "!" + idText(m.IID), "relative": "!" + idText(m.IID), "full": full},
		"web_url": c.BaseURL + "/" + p.FullPath + "/-/merge_requests/" + idText(m.IID), "has_conflicts": detail == "conflict",
		"blocking_discussions_resolved": true, "merge_user": nil, "merged_by": nil, "head_pipeline": nil, "pipeline": nil, "user": object{"can_merge": true},
		"changes_count": nil, "diff_refs": nil, "imported": false,
	}
	if len(m.Assignees) > 0 {
		v["assignee"] = c.users(m.Assignees)[0]
	}
	last, perr := c.Pipelines.Latest(p.ID, m.SHA)
	if perr != nil {
		return v, errors.Join(err, perr)
	}
	if last != nil {
		v["head_pipeline"], v["pipeline"] = c.pipelineFull(p, *last), c.pipelineBrief(p, *last)
	}
	return v, err
}

// takePeople reads who a request is for.
func (c *call) takePeople(m *state.MergeRequest) {
	if c.p.Has("assignee_id") || c.p.Has("assignee_ids") {
		m.Assignees = c.known(append(c.p.Strings("assignee_ids"), c.p.String("assignee_id")))
	}
	if c.p.Has("reviewer_ids") {
		m.Reviewers = c.known(c.p.Strings("reviewer_ids"))
	}
}

func (c *call) showRequest(status int, p state.Project, repo *gitstore.Repo, m state.MergeRequest) error {
	c.Hooks.Wake()
	v, err := c.requestView(p, repo, m)
	if err != nil {
		return err
	}
	return c.json(status, v)
}

func (c *call) requestHook(tx *state.Tx, p state.Project, m state.MergeRequest, action string) error {
	payload := c.Hooks.MergeRequest(tx, p, m, action)
	return c.Hooks.Enqueue(tx, hooks.Event{ProjectID: p.ID, Trigger: "merge_requests_events", Header: "Merge Request Hook",
		Origin: c.Hooks.Origin(), Payload: payload, System: payload})
}

func listRequests(c *call) error {
	p, repo, err := c.repository(reporter)
	if err != nil {
		return err
	}
	var all []state.MergeRequest
	err = c.State.View(func(tx *state.Tx) (err error) {
		all, err = state.Requests.All(tx, state.ID(p.ID))
		return err
	})
	if err != nil {
		return err
	}
	list := []state.MergeRequest{}
	for _, m := range slices.Backward(all) {
		if c.keepRequest(m) {
			list = append(list, m)
		}
	}
	views := []object{}
	for _, m := range page(c, list) {
		v, err := c.requestView(p, repo, m)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	return c.ok(views)
}

func (c *call) keepRequest(m state.MergeRequest) bool {
	for name, value := range map[string]string{"state": m.State, "source_branch": m.Source, "target_branch": m.Target} {
		if want := c.p.String(name); want != "" && want != "all" && want != value {
			return false
		}
	}
	iids := c.p.Strings("iids")
	return (len(iids) == 0 || slices.Contains(iids, idText(m.IID))) &&
		strings.Contains(strings.ToLower(m.Title+" "+m.Description), strings.ToLower(c.p.String("search")))
}

func createRequest(c *call) error {
	p, repo, err := c.repository(developer)
	if err != nil {
		return err
	}
	if err := c.require("title", "source_branch", "target_branch"); err != nil {
		return err
	}
	now := c.Clock.Now()
	m := state.MergeRequest{
		ProjectID: p.ID, Source: c.p.String("source_branch"), Target: c.p.String("target_branch"), Title: c.p.String("title"),
		Description: c.p.String("description"), State: "opened", RemoveSource: c.p.Bool("remove_source_branch", false),
		Squash: c.p.Bool("squash", false), Labels: c.p.Strings("labels"), CreatedAt: now, UpdatedAt: now,
	}
	c.takePeople(&m)
	if err := checkTexts(m); err != nil {
		return err
	}
	if err := checkBranches(repo, &m); err != nil {
		return err
	}
	err = c.State.Update(func(tx *state.Tx) error {
		if err := refuseSecond(tx, m); err != nil {
			return err
		}
		if m.ID, err = tx.NextID("merge-requests"); err != nil {
			return err
		}
		if m.IID, err = tx.NextOf(p.ID, "merge-requests"); err != nil {
			return err
		}
		return errors.Join(state.Requests.Put(tx, state.ID(p.ID, m.IID), m), c.requestHook(tx, p, m, "open"))
	})
	if err != nil {
		return err
	}
	return c.showRequest(http.StatusCreated, p, repo, m)
}

const (
	maxTitle       = 255 // characters
	maxDescription = 1_048_576
)

func checkTexts(m state.MergeRequest) error {
	switch {
	case strings.TrimSpace(m.Title) == "":
		return badRequest(object{"title": []string{"can't be blank"}})
	case utf8.RuneCountInString(m.Title) > maxTitle:
		return badRequest(object{"title": []string{"is too long (maximum is 255 characters)"}})
	case utf8.RuneCountInString(m.Description) > maxDescription:
		return badRequest(object{"description": []string{"is too long (maximum is 1048576 characters)"}})
	}
	return nil
}

func checkBranches(repo *gitstore.Repo, m *state.MergeRequest) error {
	if m.Source == m.Target {
		return message(http.StatusUnprocessableEntity, []string{"You can't use same project/branch for source and target"})
	}
	var err error
	if m.SHA, err = repo.Branch(m.Source); errors.Is(err, gitstore.ErrNotFound) {
		return badRequest([]string{"Source branch \"" + m.Source + "\" does not exist"})
	}
	if err != nil {
		return err
	}
	if _, err = repo.Branch(m.Target); errors.Is(err, gitstore.ErrNotFound) {
		return badRequest([]string{"Target branch \"" + m.Target + "\" does not exist"})
	}
	return err
}

func refuseSecond(tx *state.Tx, m state.MergeRequest) error {
	all, err := state.Requests.All(tx, state.ID(m.ProjectID))
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.State == "opened" && o.Source == m.Source && o.Target == m.Target && o.IID != m.IID {
			return message(http.StatusConflict, []string{"Another open merge request already exists for this source branch: !" + idText(o.IID)})
		}
	}
	return nil
}

// request gives the merge request of the route.
func (c *call) request(level int) (state.Project, *gitstore.Repo, state.MergeRequest, error) {
	var m state.MergeRequest
	p, repo, err := c.repository(level)
	if err != nil {
		return p, repo, m, err
	}
	iid, err := strconv.ParseInt(c.r.PathValue("iid"), 10, 64)
	if err != nil {
		return p, repo, m, invalid("merge_request_iid is invalid")
	}
	err = c.State.View(func(tx *state.Tx) (err error) {
		m, err = state.Requests.Get(tx, state.ID(p.ID, iid))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return p, repo, m, notFound("")
	}
	return p, repo, m, err
}

func getRequest(c *call) error {
	p, repo, m, err := c.request(reporter)
	if err != nil {
		return err
	}
	return c.showRequest(http.StatusOK, p, repo, m)
}

func editRequest(c *call) error {
	p, repo, m, err := c.request(developer)
	if err != nil {
		return err
	}
	err = c.State.Update(func(tx *state.Tx) error {
		if m, err = state.Requests.Get(tx, state.ID(p.ID, m.IID)); err != nil {
			return err
		}
		action, err := c.takeRequest(&m)
		if err != nil {
			return err
		}
		if action == "reopen" {
			if err := refuseSecond(tx, m); err != nil {
				return err
			}
		}
		if err := state.Requests.Put(tx, state.ID(p.ID, m.IID), m); err != nil || action == "" {
			return err
		}
		return c.requestHook(tx, p, m, action)
	})
	if err != nil {
		return err
	}
	return c.showRequest(http.StatusOK, p, repo, m)
}

// takeRequest changes a request as it is asked to. The action is what hooks are told; ""
// for closing what is not open and opening what is not closed, which GitLab lets pass.
func (c *call) takeRequest(m *state.MergeRequest) (action string, err error) {
	for name, field := range map[string]*string{"title": &m.Title, "description": &m.Description, "target_branch": &m.Target} {
		if c.p.Has(name) {
			*field = c.p.String(name)
		}
	}
	if c.p.Has("labels") {
		m.Labels = c.p.Strings("labels")
	}
	c.takePeople(m)
	m.UpdatedAt = c.Clock.Now()
	switch event := c.p.String("state_event"); {
	case event == "":
		return "update", checkTexts(*m)
	case event == "close" && m.State == "opened":
		m.State, m.ClosedAt = "closed", &m.UpdatedAt
		return event, checkTexts(*m)
	case event == "reopen" && m.State == "closed":
		m.State, m.ClosedAt = "opened", nil
		return event, checkTexts(*m)
	case event == "close" || event == "reopen":
		return "", checkTexts(*m)
	}
	return "", invalid("state_event does not have a valid value")
}

// requestApprovals: approval rules belong to paid editions; there are none.
func requestApprovals(c *call) error {
	if _, _, _, err := c.request(reporter); err != nil {
		return err
	}
	return c.ok(object{"approval_rules_overwritten": false, "rules": []object{}})
}
