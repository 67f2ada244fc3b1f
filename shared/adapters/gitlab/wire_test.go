package gitlab_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/scm"
)

// TestWhatIsSent holds the bodies that GitLab gets, where another form would be accepted
// but mean something else.
func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	var got map[string]any
	c, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
		got = nil
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		id := "1"
		if strings.HasSuffix(r.URL.Path, "/commits") {
			id = `"1"`
		}
		status(201, jsonType, `{"id":`+id+`}`)(w, r)
	})
	expect := func(what string, err error, want map[string]any) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	_, err := c.CreateHook(t.Context(), 7, scm.NewHook{Name: "slipway-op-1", URL: "https://portal.example.com/h", Token: "t", SigningToken: "whsec_x"})
	expect("a hook", err, map[string]any{
		"name": "slipway-op-1", "url": "https://portal.example.com/h", "token": "t", "signing_token": "whsec_x",
		"enable_ssl_verification": true, "push_events": true, "tag_push_events": true, "pipeline_events": true,
	})
	_, err = c.Commit(t.Context(), 7, scm.NewCommit{Branch: "main", Message: "m", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: "a", Content: []byte("<&>"), Executable: true},
		{Action: scm.UpdateFile, Path: "b", Executable: true},
		{Action: scm.DeleteFile, Path: "c"},
	}})
	expect("a commit", err, map[string]any{"branch": "main", "commit_message": "m", "actions": []any{
		map[string]any{"action": "create", "file_path": "a", "content": "PCY+", "encoding": "base64", "execute_filemode": true},
		map[string]any{"action": "update", "file_path": "b", "content": "", "encoding": "base64"},
		map[string]any{"action": "chmod", "file_path": "b", "execute_filemode": true},
		map[string]any{"action": "delete", "file_path": "c"},
	}})
	_, err = c.StartPipeline(t.Context(), 7, "main", map[string]string{"B": "2", "A": "1"})
	expect("a pipeline", err, map[string]any{"ref": "main", "variables": []any{
		map[string]any{"key": "A", "value": "1", "variable_type": "env_var"},
		map[string]any{"key": "B", "value": "2", "variable_type": "env_var"},
	}})
}
