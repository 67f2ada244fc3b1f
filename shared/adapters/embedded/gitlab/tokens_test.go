package gitlab_test

import (
	"strings"
	"testing"
	"time"
)

func dayIn(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly) }

func TestTokensAreRefused(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	for _, tc := range []struct {
		change object
		says   string
	}{
		{object{"expires_at": dayIn(367)}, `{"message":"400 Bad request - Expires at must be before `},
		{object{"expires_at": dayIn(-2)}, "Expires at cannot be a date in the past"},
		{object{"expires_at": "soon"}, `{"error":"expires_at is invalid"}`},
		{object{"expires_at": "2027-02-30"}, "expires_at is invalid"},
		{object{"name": strings.Repeat("ü", 256)}, "Name is too long"},
		{object{"name": ""}, "name is empty"},
		{object{"scopes": []string{"sudo"}}, "scopes does not have a valid value"},
		{object{"scopes": []string{}}, "can't be blank"},
		{object{"access_level": 5}, "access_level does not have a valid value"},
		{object{"access_level": 60}, "access_level does not have a valid value"},
	} {
		body := object{"name": "t", "scopes": []string{"api"}}
		for k, v := range tc.change {
			body[k] = v
		}
		b.do("POST", p+"/access_tokens", body).want(400).says(tc.says)
	}
	if n := len(b.do("GET", p+"/access_tokens", nil).want(200).list()); n != 0 {
		t.Errorf("there are %d", n)
	}
	b.do("GET", p+"/access_tokens?state=old", nil).want(400).says("state does not have a valid value")
}

// TestTokenOfAToken: a bot manages a project but makes no bots.
func TestTokenOfAToken(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	body := object{"name": "t", "scopes": []string{"api"}, "access_level": 40}
	made := b.do("POST", p+"/access_tokens", body).want(201)
	value, _ := made.object()["token"].(string)
	b.as(value, "POST", p+"/access_tokens", body).want(400).says("User does not have permission to create project access token")
	b.as(value, "GET", p+"/access_tokens/"+made.id(), nil).want(200).says(`"active":true`)
	b.as(value, "GET", p+"/access_tokens/4711", nil).want(404).says("404 Could not find project access token with token_id: 4711 Not Found")
	b.as(value, "DELETE", p+"/access_tokens/"+made.id(), nil).want(204)
	b.as(value, "GET", p, nil).want(401)
	b.do("GET", p+"/access_tokens/"+made.id(), nil).want(200).says(`"active":false`)
	b.do("DELETE", p+"/access_tokens/"+made.id(), nil).want(404)
}

// TestTokenOfToday ends with the beginning of its day.
func TestTokenOfToday(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	made := b.do("POST", p+"/access_tokens", object{"name": "t", "scopes": []string{"api"}, "expires_at": dayIn(0)}).want(201).says(`"active":false`)
	b.as(made.object()["token"].(string), "GET", p, nil).want(401)
}

// TestClosedRequestIsToldOnce: closing what is closed passes and is no event.
func TestClosedRequestIsToldOnce(t *testing.T) {
	t.Parallel()
	b, r := newBed(t), newReceiver(t)
	p := b.project("orders")
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	b.do("POST", p+"/hooks", object{"url": r.url, "push_events": false, "merge_requests_events": true}).want(201)
	b.do("POST", p+"/repository/branches", object{"branch": "change", "ref": "main"}).want(201)
	open := object{"source_branch": "change", "target_branch": "main", "title": "Change", "assignee_ids": []int{1, 7}, "reviewer_ids": "1", "labels": "a, b"}
	b.do("POST", p+"/merge_requests", open).want(201).says(`"labels":["a","b"]`).says(`"reviewers":[{`)
	for range 3 {
		b.do("PUT", p+"/merge_requests/1", object{"state_event": "close"}).want(200).says(`"state":"closed"`)
	}
	b.do("PUT", p+"/merge_requests/1", object{"title": " "}).want(400).says(`"title":["can't be blank"]`)
	b.do("PUT", p+"/merge_requests/1", object{"assignee_id": 0}).want(200).says(`"assignee":null`)
	b.eventually("the last event", func() bool { return len(r.of("Merge Request Hook")) >= 3 })
	actions := []string{}
	for _, c := range r.of("Merge Request Hook") {
		attributes, _ := c.body["object_attributes"].(map[string]any)
		action, _ := attributes["action"].(string)
		actions = append(actions, action)
	}
	if got := strings.Join(actions, " "); len(actions) != 3 || !strings.Contains(got, "open") || !strings.Contains(got, "close") || !strings.Contains(got, "update") {
		t.Errorf("told of %s", got)
	}
}
