package gitlab_test

import (
	"net/http"
	"testing"
)

func TestIssues(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	made := b.do("POST", p+"/issues", object{"title": " One ", "labels": "b,a,b", "assignee_ids": []int{1, 99}, "due_date": "2031-01-31T12:00:00Z", "weight": 3, "epic_id": 4}).want(201).object()
	if made["title"] != "One" || number(made["labels"]) != `["a","b"]` || made["due_date"] != "2031-01-31" || made["issue_type"] != "issue" || made["state"] != "opened" ||
		made["web_url"] != b.url+"/apps/orders/-/issues/1" || made["milestone"] != nil || number(made["iid"]) != "1" {
		t.Errorf("made %v", made)
	}
	b.do("POST", p+"/issues", object{"title": "Two", "labels": []string{"c"}, "confidential": true}).want(201).says(`"confidential":true`)
	for body, says := range map[string]object{
		"title is missing": {}, "title is empty": {"title": ""}, "can't be blank": {"title": " "}, "issue_type does not have": {"title": "x", "issue_type": "bug"},
		"due_date is invalid": {"title": "x", "due_date": "soon"},
	} {
		b.do("POST", p+"/issues", says).want(400).says(body)
	}
	b.do("PUT", p+"/issues/1", object{"add_labels": "d", "remove_labels": []string{"a"}, "state_event": "close"}).want(200).says(`"labels":["b","d"]`).says(`"state":"closed"`)
	b.do("PUT", p+"/issues/1", object{"state_event": "shut"}).want(400)
	for query, want := range map[string]string{"": "[2,1]", "?state=closed": "[1]", "?labels=c": "[2]", "?search=tw": "[2]", "?sort=asc": "[1,2]", "?iids[]=2": "[2]", "?scope=created_by_me&per_page=1": "[2]"} {
		iids := []any{}
		for _, i := range b.do("GET", p+"/issues"+query, nil).want(200).list() {
			iids = append(iids, i["iid"])
		}
		if got := number(iids); got != want {
			t.Errorf("%s lists %s, want %s", query, got, want)
		}
	}
	b.do("POST", p+"/issues/2/notes", object{"body": "Hm."}).want(201)
	b.do("GET", p+"/issues/2", nil).want(200).says(`"user_notes_count":1`)
	if notes := b.do("GET", p+"/issues/2/notes", nil).want(200).list(); len(notes) != 1 || notes[0]["body"] != "Hm." {
		t.Errorf("notes %v", notes)
	}
	b.do("DELETE", p+"/issues/2", nil).want(http.StatusNoContent)
	b.do("GET", p+"/issues/2", nil).want(404).says("404 Issue Not Found")
	b.do("GET", p+"/issues/x", nil).want(400)
	b.as("", "POST", p+"/issues", object{"title": "x"}).want(401)
}

func TestUsersAndMembers(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	ann := b.do("POST", "/users", object{"username": "ann", "name": "Ann", "email": "ann@example.com", "force_random_password": true}).want(201).id()
	b.do("POST", "/users", object{"username": "ANN", "name": "Ann", "email": "x@example.com"}).want(409)
	b.do("POST", "/users", object{"username": "a b", "name": "Ann", "email": "x@example.com"}).want(400)
	b.do("GET", "/users/"+ann, nil).want(200).says(`"username":"ann"`).says(`"created_at"`)
	b.do("GET", "/users/99", nil).want(404)
	if found := b.do("GET", "/users?username=Ann", nil).want(200).list(); len(found) != 1 || number(found[0]["id"]) != ann {
		t.Errorf("found %v", found)
	}
	b.do("POST", "/groups/apps/members", object{"user_id": ann, "access_level": 40}).want(201).says(`"access_level":40`)
	b.do("POST", "/groups/apps/members", object{"user_id": ann, "access_level": 40}).want(409).says("Member already exists")
	b.do("POST", p+"/members", object{"user_id": ann, "access_level": 30}).want(400).says("should be greater than or equal to Maintainer inherited membership from group apps")
	b.do("POST", p+"/members", object{"user_id": ann, "access_level": 50}).want(201)
	b.do("PUT", p+"/members/"+ann, object{"access_level": 40}).want(200).says(`"access_level":40`)
	if list := b.do("GET", p+"/members", nil).want(200).list(); len(list) != 2 || list[1]["username"] != "ann" {
		t.Errorf("members %v", list)
	}
	b.do("DELETE", "/groups/apps/members/"+ann, nil).want(204) // with what lies below
	b.do("GET", p+"/members/"+ann, nil).want(404)
	b.do("DELETE", "/groups/apps/members/1", nil).want(403)
	inner := b.do("POST", "/groups", object{"name": "inner", "path": "inner", "parent_id": b.do("GET", "/groups/apps", nil).object()["id"]}).want(201).id()
	b.do("POST", "/groups/apps/share", object{"group_id": inner, "group_access": 30}).want(201).says(`"group_access_level":30`)
	b.do("POST", "/groups/apps/share", object{"group_id": inner, "group_access": 20}).want(409).says("already been shared")
	b.do("GET", "/groups/apps", nil).want(200).says(`"group_full_path":"apps/inner"`)
	b.do("DELETE", "/groups/apps/share/"+inner, nil).want(204)
	b.do("DELETE", "/groups/apps/share/"+inner, nil).want(404)
	b.as("", "GET", "/users", nil).want(401)
}
