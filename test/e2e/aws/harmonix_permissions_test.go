package aws

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/operations"
)

// denied is a task that could not go on without a permission.
type denied struct{ id, name, action, permission string }

// harmonixPermissions takes single permissions from the function that creates, each until it
// was missed. The tasks fail, say which action may not do what, and leave nothing; what
// undoing waits for goes on meanwhile.
func harmonixPermissions(t *testing.T, s *stack) {
	if !s.enforced {
		t.Skip("SKIPPED: without IAM everything is allowed")
	}
	var tasks []denied
	for i, c := range []struct{ permission, action string }{
		{"ssm:GetParameters", "get-platform-parameters"},
		{"sts:AssumeRole", "get-env-providers"},
		{"secretsmanager:CreateSecret", "create-secret"},
		{"secretsmanager:PutSecretValue", "createRepoAccessToken:gitlab"},
		{"secretsmanager:DescribeSecret", "createRepoAccessToken:gitlab"},
	} {
		family := families()[i%2]
		d := denied{name: family + "-denied-" + text(i), action: family + ":" + c.action, permission: c.permission}
		restore := s.withhold(t, "creation", c.permission)
		d.id = s.start(t, family+"-app", d.name, 0)
		s.until(t, d.id, func(e event) bool { return e.Body.Status == "failed" })
		restore()
		tasks = append(tasks, d)
	}
	s.failToUndo(t)
	s.plansMiss(t)
	for _, d := range tasks {
		d.mustHaveFailed(t, s, s.follow(t, d.id))
	}
}

func (d denied) mustHaveFailed(t *testing.T, s *stack, o operations.Operation) {
	t.Helper()
	if o.Status != operations.Failed {
		t.Errorf("without %s it ended as %s: %+v", d.permission, o.Status, o.Problem)
		return
	}
	says := o.Problem.Message
	if !strings.Contains(says, d.action+": ") || !strings.HasSuffix(says, ": AWS does not allow "+d.permission) || strings.Contains(says, "assumed-role") {
		t.Errorf("without %s it says: %s", d.permission, says)
	}
	s.mustBeGone(t, d.name)
}

// plansMiss takes the rights to read parameters from the functions that plan.
func (s *stack) plansMiss(t *testing.T) {
	t.Helper()
	values := map[string]any{"name": "planned", "seconds": 0}
	steps := []map[string]any{
		{"id": "params", "action": "opa:get-platform-parameters", "input": map[string]any{"paramKeys": []string{"/opa/pipeline-role"}}},
		{"id": "env", "action": "opa:get-env-providers", "input": map[string]any{"environmentRef": "awsenvironment:default/pay"}},
	}
	given := map[string]any{"apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template", "metadata": map[string]any{"name": "x"},
		"spec": map[string]any{"type": "service", "owner": "group:default/platform", "parameters": map[string]any{}, "steps": steps}}
	for _, c := range []struct {
		function, path string
		body           map[string]any
	}{
		{"operations", "/api/operations?dryRun=true", request("template:default/opa-app", values)},
		{"scaffolder", "/api/scaffolder/v2/dry-run", map[string]any{"template": given, "values": values, "directoryContents": []any{}}},
	} {
		for _, permission := range []string{"ssm:GetParameters", "sts:AssumeRole"} {
			restore := s.withhold(t, c.function, permission)
			got := s.portal.must(t, http.StatusForbidden, http.MethodPost, c.path, c.body)
			restore()
			if !bytes.Contains(got.Body, []byte("AWS does not allow "+permission)) {
				t.Errorf("%s without %s says %s", c.path, permission, got.Body)
			}
		}
		s.portal.must(t, http.StatusOK, http.MethodPost, c.path, c.body)
	}
}

// failToUndo takes the permission away that undoing needs, and gives it back when undoing
// has begun again: it does so by itself until nothing is left.
func (s *stack) failToUndo(t *testing.T) {
	t.Helper()
	const name = "opa-left"
	s.faults.Set(faults.Once(faults.On(http.MethodPost, "/variables"), faults.Refused(http.StatusForbidden)))
	defer s.faults.Set(nil)
	restore := s.withhold(t, "creation", "secretsmanager:DeleteSecret")
	id, attempts := s.start(t, "opa-app", name, 0), 0
	s.until(t, id, func(e event) bool {
		if strings.HasPrefix(e.Body.Message, "Undoing aws.secret aws-apps-"+name) {
			attempts++
		}
		return attempts > 1
	})
	s.mustBeKept(t, name, id)
	restore()
	if o := s.follow(t, id); o.Status != operations.Failed {
		t.Errorf("ended as %s: %+v", o.Status, o.Problem)
	}
	s.mustBeGone(t, name)
}
