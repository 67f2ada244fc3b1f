package rest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitstore"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/hooks"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

const (
	maxCustomHeaders = 20
	signingKeyBytes  = 32
)

// hookTriggers are a hook's settings that ask for events, with the default of each.
var hookTriggers = map[string]bool{
	"push_events": true, "tag_push_events": false, "merge_requests_events": false, "pipeline_events": false, "job_events": false,
	"releases_events": false, "deployment_events": false, "issues_events": false, "confidential_issues_events": false,
	"note_events": false, "confidential_note_events": false, "wiki_page_events": false, "feature_flag_events": false,
	"emoji_events": false, "milestone_events": false, "resource_access_token_events": false, "vulnerability_events": false,
	"repository_update_events": false,
}

func (a *API) hookRoutes() routes {
	return routes{
		"GET /projects/{id}/hooks":                               listHooks,
		"POST /projects/{id}/hooks":                              createHook,
		"GET /projects/{id}/hooks/{hook}":                        getHook,
		"PUT /projects/{id}/hooks/{hook}":                        editHook,
		"DELETE /projects/{id}/hooks/{hook}":                     deleteHook,
		"POST /projects/{id}/hooks/{hook}/test/{trigger}":        testHook,
		"GET /projects/{id}/hooks/{hook}/events":                 listHookEvents,
		"POST /projects/{id}/hooks/{hook}/events/{event}/resend": resendHook,
	}
}

func (a *API) hookView(h state.Hook) object {
	custom := []object{}
	for k := range h.CustomHeaders {
		custom = append(custom, object{"key": k})
	}
	slices.SortFunc(custom, func(a, b object) int { return strings.Compare(a["key"].(string), b["key"].(string)) })
	v := object{
		"id": h.ID, "project_id": h.ProjectID, "url": h.URL, "name": nullable(h.Name), "description": nullable(h.Description),
		"created_at": stamp(h.CreatedAt), "enable_ssl_verification": h.VerifyTLS, "alert_status": a.Hooks.AlertStatus(h),
		"disabled_until": stampPtr(h.DisabledUntil), "url_variables": []object{}, "custom_headers": custom,
		"push_events_branch_filter": nullable(h.BranchFilter), "branch_filter_strategy": h.FilterKind, "custom_webhook_template": nil,
		"token_present": h.Token != "", "signing_token_present": h.SigningToken != "",
	}
	for k := range hookTriggers {
		v[k] = h.Events[k]
	}
	return v
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// takeHook reads a hook's parameters over what it has.
func (c *call) takeHook(h *state.Hook) error {
	for name, field := range map[string]*string{
		"url": &h.URL, "name": &h.Name, "description": &h.Description, "token": &h.Token, "signing_token": &h.SigningToken,
		"push_events_branch_filter": &h.BranchFilter, "branch_filter_strategy": &h.FilterKind,
	} {
		if c.p.Has(name) {
			*field = c.p.String(name)
		}
	}
	for k, on := range h.Events {
		h.Events[k] = c.p.Bool(k, on)
	}
	h.VerifyTLS = c.p.Bool("enable_ssl_verification", h.VerifyTLS)
	if c.p.Has("custom_headers") {
		h.CustomHeaders = map[string]string{}
		for _, e := range c.p.List("custom_headers") {
			h.CustomHeaders[e.String("key")] = e.String("value")
		}
	}
	return checkHook(*h)
}

func checkHook(h state.Hook) error {
	u, err := url.Parse(h.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.ContainsAny(h.URL, " \t\r\n") {
		return message(http.StatusUnprocessableEntity, "Invalid url given")
	}
	if !slices.Contains([]string{"wildcard", "regex", "all_branches"}, h.FilterKind) {
		return invalid("branch_filter_strategy does not have a valid value")
	}
	if len(h.CustomHeaders) > maxCustomHeaders {
		return badRequest(object{"custom_headers": []string{"number of custom headers exceeds the maximum limit of " + strconv.Itoa(maxCustomHeaders)}})
	}
	if h.SigningToken == "" {
		return nil
	}
	encoded, ok := strings.CutPrefix(h.SigningToken, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) != signingKeyBytes {
		return badRequest(object{"signing_token": []string{"must be whsec_ followed by a base64-encoded 32 byte key"}})
	}
	return nil
}

// hook gives the hook of the route.
func (c *call) hook() (state.Project, state.Hook, error) {
	var h state.Hook
	p, err := c.project(maintainer)
	if err != nil {
		return p, h, err
	}
	id, err := strconv.ParseInt(c.r.PathValue("hook"), 10, 64)
	if err != nil {
		return p, h, invalid("hook_id is invalid")
	}
	err = c.State.View(func(tx *state.Tx) (err error) {
		h, err = state.Hooks.Get(tx, state.ID(p.ID, id))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return p, h, notFound("")
	}
	return p, h, err
}

func listHooks(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	var list []state.Hook
	err = c.State.View(func(tx *state.Tx) (err error) {
		list, err = state.Hooks.All(tx, state.ID(p.ID))
		return err
	})
	if err != nil {
		return err
	}
	views := []object{}
	for _, h := range page(c, list) {
		views = append(views, c.hookView(h))
	}
	return c.ok(views)
}

func createHook(c *call) error {
	p, err := c.project(maintainer)
	if err != nil {
		return err
	}
	h, err := c.storeHook(p.ID, hookTriggers)
	if err != nil {
		return err
	}
	return c.created(c.hookView(h))
}

// storeHook makes a hook of a project, or of the system, from the request.
func (c *call) storeHook(owner int64, triggers map[string]bool) (state.Hook, error) {
	if err := c.require("url"); err != nil {
		return state.Hook{}, err
	}
	h := state.Hook{ProjectID: owner, Events: maps.Clone(triggers), FilterKind: "wildcard", VerifyTLS: true, CreatedAt: c.Clock.Now()}
	if err := c.takeHook(&h); err != nil {
		return h, err
	}
	err := c.State.Update(func(tx *state.Tx) (err error) {
		if h.ID, err = tx.NextID("hooks"); err != nil {
			return err
		}
		return state.Hooks.Put(tx, state.ID(owner, h.ID), h)
	})
	return h, err
}

func getHook(c *call) error {
	_, h, err := c.hook()
	if err != nil {
		return err
	}
	return c.ok(c.hookView(h))
}

func editHook(c *call) error {
	_, h, err := c.hook()
	if err == nil {
		h, err = c.updateHook(h)
	}
	if err != nil {
		return err
	}
	return c.ok(c.hookView(h))
}

// updateHook takes the request's parameters over a stored hook.
func (c *call) updateHook(h state.Hook) (state.Hook, error) {
	err := c.State.Update(func(tx *state.Tx) (err error) {
		if h, err = state.Hooks.Get(tx, state.ID(h.ProjectID, h.ID)); err != nil {
			return err
		}
		if err := c.takeHook(&h); err != nil {
			return err
		}
		return state.Hooks.Put(tx, state.ID(h.ProjectID, h.ID), h)
	})
	return h, err
}

func deleteHook(c *call) error {
	_, h, err := c.hook()
	if err == nil {
		err = c.removeHook(h)
	}
	if err != nil {
		return err
	}
	return c.noContent()
}

// removeHook forgets a hook and its deliveries.
func (c *call) removeHook(h state.Hook) error {
	return c.State.Update(func(tx *state.Tx) error {
		if err := state.HookEvents.DeleteAll(tx, state.ID(h.ProjectID, h.ID)); err != nil {
			return err
		}
		return state.Hooks.Delete(tx, state.ID(h.ProjectID, h.ID))
	})
}

func testHook(c *call) error {
	p, h, err := c.hook()
	if err != nil {
		return err
	}
	e, err := c.sample(p, c.r.PathValue("trigger"))
	if err != nil {
		return err
	}
	body, err := json.Marshal(e.Payload)
	if err != nil {
		return err
	}
	ev, err := c.Hooks.Test(c.r.Context(), h, e, body)
	if err != nil {
		return err
	}
	if code, err := strconv.Atoi(ev.Status); err != nil || code < 200 || code > 299 {
		return message(http.StatusUnprocessableEntity, ev.ResponseBody)
	}
	return c.created(object{"message": "201 Created"})
}

// sample makes a payload of what the project has last of the kind.
func (c *call) sample(p state.Project, trigger string) (hooks.Event, error) {
	e := hooks.Event{ProjectID: p.ID, Trigger: trigger}
	repo, err := c.Repos.Open(p.ID)
	if err != nil {
		return e, err
	}
	err = c.State.View(func(tx *state.Tx) error {
		switch trigger {
		case "push_events", "tag_push_events":
			return c.samplePush(tx, repo, p, &e)
		case "pipeline_events", "job_events":
			return c.samplePipeline(tx, p, &e)
		}
		return badRequest("trigger does not have a valid value")
	})
	return e, err
}

func (c *call) samplePush(tx *state.Tx, repo *gitstore.Repo, p state.Project, e *hooks.Event) error {
	at, err := repo.Branch(p.DefaultBranch)
	if errors.Is(err, gitstore.ErrNotFound) {
		return message(http.StatusUnprocessableEntity, "Ensure the project has at least one commit.")
	}
	if err != nil {
		return err
	}
	push := hooks.Push{Project: p, Ref: "refs/heads/" + p.DefaultBranch, Before: at, After: at, CheckoutSHA: at, Commits: []hooks.Commit{}}
	e.Header, e.Payload = "Push Hook", c.Hooks.Push(tx, push)
	if e.Trigger == "tag_push_events" {
		push.Ref = "refs/tags/v1.0.0"
		e.Header, e.Payload = "Tag Push Hook", c.Hooks.TagPush(tx, push)
	}
	return nil
}

func (c *call) samplePipeline(tx *state.Tx, p state.Project, e *hooks.Event) error {
	all, err := state.Pipelines.All(tx, state.ID(p.ID))
	if err != nil {
		return err
	}
	if len(all) == 0 || len(all[len(all)-1].Jobs) == 0 {
		return message(http.StatusUnprocessableEntity, "Ensure the project has CI pipelines.")
	}
	last := all[len(all)-1]
	e.Header, e.Payload = "Pipeline Hook", c.Hooks.Pipeline(tx, p, last)
	if e.Trigger == "job_events" {
		e.Header, e.Payload = "Job Hook", c.Hooks.Job(tx, p, last, last.Jobs[0])
	}
	return nil
}

func listHookEvents(c *call) error {
	p, h, err := c.hook()
	if err != nil {
		return err
	}
	var list []state.HookEvent
	err = c.State.View(func(tx *state.Tx) (err error) {
		list, err = state.HookEvents.All(tx, state.ID(p.ID, h.ID))
		return err
	})
	if err != nil {
		return err
	}
	slices.Reverse(list)
	views := []object{}
	for _, e := range page(c, list) {
		views = append(views, object{
			"id": e.ID, "url": e.URL, "trigger": strings.TrimSuffix(e.Trigger, "_events") + "_hooks", "request_headers": e.RequestHeaders,
			"request_data": json.RawMessage(e.RequestBody), "response_headers": e.ResponseHeaders, "response_body": e.ResponseBody,
			"execution_duration": e.Seconds, "response_status": e.Status, "created_at": stamp(e.CreatedAt),
		})
	}
	return c.ok(views)
}

func resendHook(c *call) error {
	p, h, err := c.hook()
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.r.PathValue("event"), 10, 64)
	if err != nil {
		return invalid("hook_log_id is invalid")
	}
	var ev state.HookEvent
	err = c.State.View(func(tx *state.Tx) (err error) {
		ev, err = state.HookEvents.Get(tx, state.ID(p.ID, h.ID, id))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return notFound("")
	}
	if err != nil {
		return err
	}
	again, err := c.Hooks.Resend(c.r.Context(), h, ev)
	if err != nil {
		return err
	}
	return c.created(object{"response_status": again.Status})
}
