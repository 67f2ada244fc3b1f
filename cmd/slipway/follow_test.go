package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

func after(ms int) *time.Time {
	at := start.Add(time.Duration(ms) * time.Millisecond)
	return &at
}

func step(name, detail string, status operations.StepStatus, ended *time.Time) operations.Step {
	return operations.Step{ID: name, Name: name, Status: status, Detail: detail, Started: start, Ended: ended}
}

// recorded are the states of an operation that somebody looked at, one after the other.
func recorded(ending string) []*operations.Operation {
	resolve := step("Resolve template and environments", "platform/templates at 0123abcd; dev (111111111111)", operations.StepCompleted, after(120))
	skipped := step("Add tests", "its if condition was false", operations.StepSkipped, after(180))
	o := func(status operations.Status, ended *time.Time, steps ...operations.Step) *operations.Operation {
		return &operations.Operation{
			ID: "op-1", Type: "app.create", Target: "component:default/orders", Actor: "user:default/ann", Status: status, Created: start, Updated: start.Add(2 * time.Second), Ended: ended, Steps: steps,
		}
	}
	list := []*operations.Operation{
		o(operations.Accepted, nil),
		o(operations.Running, nil, step("Resolve template and environments", "", operations.StepProcessing, nil)),
		o(operations.Running, nil, resolve, skipped, step("Wait for the pipeline", "", operations.StepProcessing, nil)),
	}
	if ending == "succeeded" {
		return append(list, o(operations.Succeeded, after(1500), resolve, skipped, step("Wait for the pipeline", "success", operations.StepCompleted, after(1400))))
	}
	last := o(operations.Status(ending), after(1500), resolve, skipped, step("Wait for the pipeline", "the pipeline ended as failed", operations.StepFailed, after(1400)))
	last.Problem = &operations.Problem{Kind: errs.Conflict, Message: "the pipeline ended as failed"}
	if ending == "parked" {
		last.Problem.Left = []string{"gitlab.project apps/orders: somebody else has committed to it"}
		last.Problem.Fields = []errs.Field{{Pointer: "/name", Message: "is taken"}}
	}
	return append(list, last)
}

// replay gives one state after the other; the last one stays.
type replay struct {
	states []*operations.Operation
	n      int
}

func (r *replay) Get(context.Context, string) (*operations.Operation, error) {
	o := r.states[min(r.n, len(r.states)-1)]
	r.n++
	return o, nil
}

func TestFollowPrintsOneLineForEachStep(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{"succeeded", "failed", "parked"} {
		var out bytes.Buffer
		err := follow(t.Context(), &replay{states: recorded(ending)}, "op-1", &out)
		if (err == nil) != (ending == "succeeded") {
			t.Errorf("%s: %v", ending, err)
		}
		if err != nil {
			fmt.Fprintln(&out, err)
		}
		golden(t, "follow-"+ending+".txt", out.String())
	}
}

func TestATerminalIsDrawnOverAndNeverWrapped(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &progress{out: &out, clock: clock.NewManual(start.Add(700 * time.Millisecond)), width: 50}
	for _, o := range recorded("succeeded") {
		p.show(o)
	}
	golden(t, "terminal.txt", strings.ReplaceAll(out.String(), "\x1b", "ESC"))
	for _, line := range strings.Split(out.String(), "\n") {
		if _, text, cleared := strings.Cut(line, "\x1b[2K"); cleared && len([]rune(text)) > 49 {
			t.Errorf("%q has %d columns", text, len([]rune(text)))
		}
	}
}

// portalOf answers like a portal that has the recorded operations.
func portalOf(t *testing.T) (*httptest.Server, *[]string) {
	t.Helper()
	var asked []string
	mux := http.NewServeMux()
	write := func(w http.ResponseWriter, status int, v any) {
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	states := recorded("succeeded")
	mux.HandleFunc("POST /api/operations", func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		asked = append(asked, r.Header.Get("Authorization")+" "+r.Header.Get("Idempotency-Key")+" "+body.String())
		if strings.Contains(body.String(), `"bad","values":{"name":17}`) {
			write(w, 400, map[string]any{"detail": "the form is not filled in correctly", "errors": []any{map[string]string{"pointer": "#/input/values/name", "detail": "must be text"}}})
			return
		}
		if strings.Contains(body.String(), "bad") {
			write(w, 400, map[string]any{"title": "The request is not valid", "detail": "the form is not filled in correctly", "errors": []any{
				map[string]string{"pointer": "#/input/values/name", "detail": "is taken"}, map[string]string{"pointer": "#/input/values/owner", "detail": "is required"},
			}})
			return
		}
		write(w, 202, states[0])
	})
	mux.HandleFunc("GET /api/operations/op-1", func(w http.ResponseWriter, _ *http.Request) { write(w, 200, states[3]) })
	mux.HandleFunc("GET /api/operations/gone", func(w http.ResponseWriter, _ *http.Request) {
		write(w, 404, map[string]any{"title": "Not found", "detail": `no operation with id "gone"`})
	})
	mux.HandleFunc("GET /api/operations/html", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) })
	mux.HandleFunc("GET /api/operations/junk", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	mux.HandleFunc("GET /api/operations", func(w http.ResponseWriter, r *http.Request) {
		items := []*operations.Operation{states[3], recorded("failed")[3], states[1]}
		if r.URL.Query().Get("limit") == "1" {
			items = nil
		}
		write(w, 200, map[string]any{"items": items})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server, &asked
}

func cli(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	code := exitCode(run(t.Context(), args, &out, &out), &out)
	return out.String(), code
}

func TestCreateAsksThePortal(t *testing.T) {
	t.Parallel()
	server, asked := portalOf(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, code := cli(t, "create", "--url", server.URL+"/", "--template", "service", "--set", "name=orders", "--set", "n=7", "--idempotency-key", "k", "--token-file", token)
	if code != 0 || out != "app.create component:default/orders: operation op-1\nfollow it with: slipway status op-1\n" {
		t.Errorf("exit %d: %s", code, out)
	}
	want := `Bearer secret k {"input":{"template":"service","values":{"n":7,"name":"orders"}},"type":"app.create"}`
	if len(*asked) != 1 || (*asked)[0] != want {
		t.Errorf("asked %q", *asked)
	}
	out, code = cli(t, "run", "--url", server.URL, "--template", "service", "--set-string", "version=17")
	if want := `  {"input":{"template":"service","values":{"version":"17"}},"type":"template.run"}`; code != 0 || (*asked)[1] != want {
		t.Errorf("exit %d: %s, asked %q", code, out, *asked)
	}
	out, code = cli(t, "create", "--url", server.URL, "--template", "service", "--wait")
	if code != 0 || !strings.Contains(out, "✓ Wait for the pipeline") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestErrorsOfThePortalAreTold(t *testing.T) {
	t.Parallel()
	server, _ := portalOf(t)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"all fields":    {[]string{"create", "--template", "bad"}, "slipway: the form is not filled in correctly\n  values/name is taken\n  values/owner is required\n"},
		"a text":        {[]string{"create", "--template", "bad", "--set", "name=17"}, "slipway: the form is not filled in correctly\n  values/name must be text\n  for a text: --set-string name=17\n"},
		"no operation":  {[]string{"status", "gone"}, "slipway: no operation with id \"gone\"\n"},
		"a proxy's":     {[]string{"status", "html"}, "slipway: the portal answered 502 Bad Gateway\n"},
		"not an answer": {[]string{"status", "junk"}, "slipway: reading the answer: invalid character '<' looking for beginning of value\n"},
		"a path":        {[]string{"status", "../../etc"}, "slipway: the portal answered 404 Not Found\n"},
	} {
		if out, code := cli(t, append(c.args, "--url", server.URL)...); out != c.want || code != 1 {
			t.Errorf("%s: exit %d, %q", name, code, out)
		}
	}
}

func TestStatusListsOperations(t *testing.T) {
	t.Parallel()
	server, _ := portalOf(t)
	local := start.Local().Format(time.DateTime)
	out, code := cli(t, "status", "--url", server.URL)
	if code != 0 {
		t.Fatal(out)
	}
	golden(t, "status.txt", strings.ReplaceAll(out, local, "2026-05-04 03:02:01"))
	if out, code := cli(t, "status", "--limit", "1", "--url", server.URL); out != "no operations yet\n" || code != 0 {
		t.Errorf("exit %d: %q", code, out)
	}
	for _, args := range [][]string{{"status", "op-1", "--url", server.URL}, {"status", "--url", server.URL, "op-1"}} {
		if out, code := cli(t, args...); code != 0 || !strings.Contains(out, "component:default/orders succeeded") {
			t.Errorf("%v: exit %d: %s", args, code, out)
		}
	}
}

// TestServeCreatesTheDemoAndEnds runs the whole program as "make run" does.
func TestServeCreatesTheDemoAndEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	t.Parallel()
	args := []string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--gitlab-listen", "127.0.0.1:0", "--seed", "demo", "--once", "--job-duration", "1ms"}
	out, code := cli(t, args...)
	for _, part := range []string{"component:default/orders succeeded", "✓ git clone", "✓ catalog entry", "✓ execution", "✓ audit trail"} {
		if code != 0 || !strings.Contains(out, part) {
			t.Fatalf("exit %d without %q:\n%s", code, part, out)
		}
	}
}
