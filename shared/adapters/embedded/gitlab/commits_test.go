package gitlab_test

import (
	"testing"
)

func TestCommitActions(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	first := b.commit(p, "Start\n\nProvisioning-Id: 1", map[string]string{"a.txt": "A", "dir/b.sh": "B", "dir/c.txt": "C"}).want(201).object()
	if len(first["parent_ids"].([]any)) != 0 || first["title"] != "Start" {
		t.Fatalf("the first commit is %v", first)
	}
	b.do("POST", p+"/repository/commits", object{"branch": "main", "commit_message": "Change", "actions": []object{
		{"action": "update", "file_path": "a.txt", "content": "QTI=", "encoding": "base64"},
		{"action": "chmod", "file_path": "dir/b.sh", "execute_filemode": true},
		{"action": "move", "file_path": "moved/c.txt", "previous_path": "dir/c.txt"},
		{"action": "create", "file_path": "new/x", "content": "x"},
		{"action": "delete", "file_path": "new/x"},
	}}).want(201)
	if got := string(b.do("GET", p+"/repository/files/a.txt/raw?ref=main", nil).want(200).body); got != "A2" {
		t.Errorf("a.txt is %q", got)
	}
	b.do("GET", p+"/repository/files/dir%2Fb.sh?ref=main", nil).want(200).says(`"execute_filemode":true`)
	b.do("GET", p+"/repository/files/moved%2Fc%2Etxt/raw?ref=HEAD", nil).want(200).says("C")
	paths := []string{}
	for _, e := range b.do("GET", p+"/repository/tree?recursive=True", nil).want(200).list() {
		paths = append(paths, e["path"].(string))
	}
	if got, want := number(paths), `["a.txt","dir","dir/b.sh","moved","moved/c.txt"]`; got != want {
		t.Errorf("the tree is %s, want %s", got, want)
	}
	b.do("GET", p+"/repository/commits?trailers=true", nil).want(200).says(`"Provisioning-Id":"1"`)
}

func TestCommitIsAllOrNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	head := b.commit(p, "Start", map[string]string{"a": "1", "d/x": "1"}).want(201).id()
	create := func(path string) object { return object{"action": "create", "file_path": path, "content": "2"} }
	tests := []struct {
		name    string
		branch  string
		actions []object
		says    string
	}{
		{"create what exists", "main", []object{create("new"), create("a")}, "A file with this name already exists"},
		{"create over a folder", "main", []object{create("d")}, "A directory with this name already exists"},
		{"create below a file", "main", []object{create("a/b")}, "A file with this name already exists"},
		{"create twice", "main", []object{create("new"), create("new")}, "A file with this name already exists"},
		{"update what is missing", "main", []object{create("new"), {"action": "update", "file_path": "b", "content": ""}}, "A file with this name doesn't exist"},
		{"delete twice", "main", []object{{"action": "delete", "file_path": "a"}, {"action": "delete", "file_path": "a"}}, "A file with this name doesn't exist"},
		{"delete a folder", "main", []object{{"action": "delete", "file_path": "d"}}, "A file with this name doesn't exist"},
		{"unknown branch", "other", []object{create("new")}, "You can only create or edit files when you are on a branch"},
		{"way out", "main", []object{create("../x")}, "invalid path"},
		{"git folder", "main", []object{create("d/.Git/config")}, "invalid path"},
		{"unknown action", "main", []object{{"action": "burn", "file_path": "a"}}, "does not have a valid value"},
		{"bad base64", "main", []object{{"action": "create", "file_path": "b", "content": "!", "encoding": "base64"}}, "not valid base64"},
		{"bad branch", "a..b", []object{create("new")}, "invalid"},
		{"changed meanwhile", "main", []object{{"action": "update", "file_path": "a", "content": "3", "last_commit_id": "0123456789012345678901234567890123456789"}}, "has changed since"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b.do("POST", p+"/repository/commits", object{"branch": tt.branch, "commit_message": "m", "actions": tt.actions}).want(400).says(tt.says)
			if now := b.do("GET", p+"/repository/branches/main", nil).want(200).object()["commit"].(object)["id"]; number(now) != head {
				t.Errorf("the branch moved to %v", now)
			}
		})
	}
	b.do("POST", p+"/repository/commits", object{"branch": "main", "actions": []object{}}).want(400).says(`{"error":"commit_message is missing"}`)
}

func TestCommitsOfAllBranches(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	p := b.project("orders")
	b.do("GET", p+"/repository/commits?all=true", nil).want(200).says("[]")
	b.commit(p, "Start", map[string]string{"a": "1"}).want(201)
	for _, branch := range []string{"left", "right"} {
		b.do("POST", p+"/repository/commits", object{"branch": branch, "start_branch": "main", "commit_message": branch, "actions": []object{
			{"action": "create", "file_path": branch, "content": "1"},
		}}).want(201)
	}
	titles := map[string]int{}
	for page := range 4 {
		for _, c := range b.do("GET", p+"/repository/commits?all=true&ref_name=ignored&per_page=1&page="+number(page+1), nil).want(200).list() {
			titles[c["title"].(string)]++
		}
	}
	if len(titles) != 3 || titles["Start"] != 1 || titles["left"] != 1 || titles["right"] != 1 {
		t.Errorf("all branches together hold %v", titles)
	}
}
