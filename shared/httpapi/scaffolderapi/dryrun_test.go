package scaffolderapi_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest/portaltest"
)

// TestADryRunTakesAFolderAsItIs has paths as editors may write them, and Git's own files.
func TestADryRunTakesAFolderAsItIs(t *testing.T) {
	t.Parallel()
	s := portaltest.New(t, portaltest.Program{})
	files := func(paths ...string) (list []any) {
		for _, p := range paths {
			list = append(list, map[string]any{"path": p, "base64Content": "eA=="})
		}
		return list
	}
	run := func(sent []any) (int, []string) {
		var answer struct{ DirectoryContents []struct{ Path string } }
		code := s.Ask(t, http.MethodPost, "/v2/dry-run", map[string]any{
			"template": map[string]any{
				"apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template", "metadata": map[string]any{"name": "dry"},
				"spec": map[string]any{"type": "x", "steps": []any{map[string]any{"action": "fetch:plain", "input": map[string]any{"url": "."}}}},
			},
			"values": map[string]any{}, "directoryContents": sent,
		}, &answer)
		var paths []string
		for _, f := range answer.DirectoryContents {
			paths = append(paths, f.Path)
		}
		return code, paths
	}
	code, got := run(files("./a", "b//c", "d/../e", "f/", ".git/config", "sub/.git/HEAD", ".gitignore"))
	if diff := cmp.Diff([]string{".gitignore", "a", "e", "f", "b/c"}, got); code != http.StatusOK || diff != "" {
		t.Errorf("%d (-want +got)\n%s", code, diff)
	}
	for _, outside := range []string{"../a", "/etc/passwd", "a/../../b", ""} {
		if code, got := run(files(outside, "b")); code != http.StatusBadRequest || got != nil {
			t.Errorf("%q: %d %v", outside, code, got)
		}
	}
}

// TestADryRunKnowsWhoAsks has a template that shows the user, who is in the catalog.
func TestADryRunKnowsWhoAsks(t *testing.T) {
	t.Parallel()
	s := portaltest.New(t, auth.Guest{})
	s.Register(t, map[string][]byte{"guest/template.yaml": []byte(`apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest, namespace: development}
spec: {profile: {email: guest@example.com}, memberOf: [group:default/team-a]}
`)})
	request := map[string]any{
		"template": map[string]any{
			"apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template", "metadata": map[string]any{"name": "dry"},
			"spec": map[string]any{"type": "x", "steps": []any{}, "output": map[string]any{
				"ref": "${{ user.ref }}", "email": "${{ user.entity.spec.profile.email }}", "groups": "${{ user.entity.spec.memberOf }}", "relations": "${{ user.entity.relations }}",
			}},
		},
		"values": map[string]any{}, "directoryContents": []any{},
	}
	var answer struct{ Output map[string]any }
	if code := s.Ask(t, http.MethodPost, "/v2/dry-run", request, &answer); code != http.StatusOK {
		t.Fatal(code)
	}
	want := map[string]any{"ref": auth.GuestRef, "email": "guest@example.com", "groups": []any{"group:default/team-a"}}
	if diff := cmp.Diff(want, answer.Output); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
