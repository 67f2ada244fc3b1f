package scaffolderapi_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest/portaltest"
)

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
