package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/operations"
)

// answering is a portal that gives one answer and remembers what it was asked.
type answering struct {
	answer any
	asked  []string
}

func (a *answering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	a.asked = append(a.asked, r.Method+" "+r.URL.String()+" "+strings.TrimSpace(body.String()))
	_ = json.NewEncoder(w).Encode(a.answer)
}

func ask(t *testing.T, answer any, args ...string) (said string, asked []string) {
	t.Helper()
	portal := &answering{answer: answer}
	server := httptest.NewServer(portal)
	defer server.Close()
	var out, errOut bytes.Buffer
	if err := run(t.Context(), append(args, "--url", server.URL), &out, &errOut); err != nil {
		t.Fatalf("%v: %s", err, errOut.String())
	}
	return out.String(), portal.asked
}

func TestAPlanIsShown(t *testing.T) {
	t.Parallel()
	said, asked := ask(t, operationsapi.Plan{
		Target: "component:default/orders", Resolved: "platform/templates at 01234567", Hash: strings.Repeat("ab", 32),
		Effects: []operations.Effect{{ID: "p/project", Kind: "gitlab.project", Target: "apps/orders"}, {ID: "v", Kind: "gitlab.variable", Target: "⟦known after: p.projectId⟧ KEY"}},
		Changes: []operationsapi.PlannedChange{
			{Project: "apps/orders", Branch: "main", Path: "run.sh", Action: "create", Diff: "@@ -0,0 +1,2 @@\n+#!/bin/sh\r\n+\tmake\tall\n", Bytes: 21, Executable: true},
			{Project: "apps/orders", Branch: "main", Path: "logo.png", Action: "create", Bytes: 4096, Binary: true},
			{Project: "platform/docs", Branch: "add-orders", Path: "evil\x1b[2J", Action: "update", Diff: "@@ -1,1 +1,1 @@\n-a\n+b\x1b[2J\n", Bytes: 2},
			{Project: "apps/orders", Branch: "main", Path: "link", Action: "create", Link: "run.sh"},
		},
	}, "create", "--template", "service", "--set", "name=orders", "--plan")
	golden(t, "plan.txt", said)
	if want := `POST /api/operations?dryRun=true {"input":{"template":"service","values":{"name":"orders"}},"type":"app.create"}`; len(asked) != 1 || asked[0] != want {
		t.Errorf("asked %q", asked)
	}
}

func TestAnApprovedPlanIsNamed(t *testing.T) {
	t.Parallel()
	_, asked := ask(t, operations.Operation{ID: "op-1", Type: "app.create"}, "create", "--template", "service", "--plan-hash", "abc")
	if want := `POST /api/operations {"input":{"template":"service","values":{}},"planHash":"abc","type":"app.create"}`; len(asked) != 1 || asked[0] != want {
		t.Errorf("asked %q", asked)
	}
}

func TestOperationsAreCancelledAndRetried(t *testing.T) {
	t.Parallel()
	ended := operations.Operation{ID: "a/b", Type: "app.create", Target: "component:default/orders", Status: operations.Succeeded}
	for _, what := range []string{"cancel", "retry"} {
		said, asked := ask(t, ended, "op", what, "a/b")
		if len(asked) != 1 || asked[0] != "POST /api/operations/a%2Fb/"+what+" {}" || said != "app.create component:default/orders has ended already: succeeded\n" {
			t.Errorf("asked %q, said %q", asked, said)
		}
	}
}

func TestSecretsComeFromAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secrets.json")
	if err := os.WriteFile(file, []byte(`{"token": "hunter2"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		`POST /api/operations/op-1/retry {"secrets":{"token":"hunter2"}}`:                                                     {"op", "retry", "op-1", "--secrets-file", file},
		`POST /api/operations {"input":{"template":"service","values":{}},"secrets":{"token":"hunter2"},"type":"app.create"}`: {"create", "--template", "service", "--secrets-file", file},
	} {
		said, asked := ask(t, operations.Operation{ID: "op-1", Type: "app.create", Status: operations.Succeeded}, args...)
		if len(asked) != 1 || asked[0] != want || strings.Contains(said, "hunter2") {
			t.Errorf("asked %q, said %q", asked, said)
		}
	}
}

func TestAFileOfSecretsThatCantBeReadIsNotQuoted(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`hunter2`, `["hunter2"]`, `{"token": ["hunter2"]}`, `{"token": "hunter2"`} {
		file := filepath.Join(t.TempDir(), "secrets.json")
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errOut bytes.Buffer
		code := exitCode(run(t.Context(), []string{"op", "retry", "op-1", "--secrets-file", file}, &out, &errOut), &errOut)
		if code != 1 || !strings.Contains(errOut.String(), "is not a JSON object of texts by name") || strings.Contains(out.String()+errOut.String(), "hunter2") {
			t.Errorf("exit %d: %s%s", code, out.String(), errOut.String())
		}
	}
}
