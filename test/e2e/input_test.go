package e2e

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/wire/demo"
)

// ask sends a request to the portal's HTTP API. What is Slipway's own there answers as its
// description says.
func (p *process) ask(t *testing.T, method, target, body string, headers map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	p.Portal.ServeHTTP(w, r)
	if ours(r) {
		describedBy(t, p.Portal).mustDescribe(t, r, []byte(body), w)
	}
	return w
}

// problemDocument is a problem as a client reads it (RFC 9457).
type problemDocument struct {
	Type, Title, Detail, RequestID string
	Status                         int
	Errors                         []struct{ Pointer, Detail string }
}

func (d problemDocument) fields() []string {
	var out []string
	for _, e := range d.Errors {
		out = append(out, e.Pointer+" "+e.Detail)
	}
	slices.Sort(out)
	return out
}

// mustBeProblem reads a problem document and holds its form against RFC 9457.
func mustBeProblem(t *testing.T, w *httptest.ResponseRecorder, status int) problemDocument {
	t.Helper()
	var d problemDocument
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatalf("answered %d %q: %v", w.Code, w.Body, err)
	}
	if w.Code != status || d.Status != status || d.Title == "" || d.Detail == "" || !strings.HasPrefix(d.Type, "urn:slipway:problem:") {
		t.Errorf("answered %d with %+v, want %d", w.Code, d, status)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("the problem's content type is %q", got)
	}
	if d.RequestID == "" || w.Header().Get("X-Request-Id") != d.RequestID || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the problem %+v came with the headers %v", d, w.Header())
	}
	return d
}

// wanted gives the body of a request for an application from the demo's template.
func wanted(values string) string {
	return fmt.Sprintf(`{"type":"app.create","input":{"template":%q,"values":%s}}`, demo.Template, values)
}

const (
	notValid    = "the request is not valid"
	badForm     = "the body does not have the expected form"
	formNotGood = "the form is not filled in correctly"
)

// refusal is a request that can't be accepted, and what its sender is told.
type refusal struct {
	name, body string
	status     int
	detail     string
	fields     []string
}

func refusals() []refusal {
	return []refusal{
		{"no body", ``, 400, "a JSON body is required", nil},
		{"not JSON", `{"type":`, 400, "the body is not acceptable JSON: not one JSON value", nil},
		{"two documents", `{"type":"app.create"} {}`, 400, "the body is not acceptable JSON: not one JSON value", nil},
		{"not UTF-8", "{\"type\":\"app.create\xff\"}", 400, "the body is not acceptable JSON: not UTF-8 text", nil},
		{"nested without end", `{"input":` + strings.Repeat("[", 100000), 400, "the body is not acceptable JSON: nested too deeply", nil},
		{"null", `null`, 400, badForm, []string{"# must not be null"}},
		{"a list", `[]`, 400, badForm, []string{"# must be an object"}},
		{"wrong types and unknown members at once", `{"type":7,"input":{},"dryRun":true,"Type":"app.create"}`, 400, badForm,
			[]string{"#/Type is not known here", "#/dryRun is not known here", "#/type must be a string"}},
		{"repeated members", `{"type":"app.create","type":"app.delete","input":{"template":"a","template":"b","values":{"name":"x","name":"y"}}}`, 400, badForm,
			[]string{"#/input/template is given more than once", "#/input/values/name is given more than once", "#/type is given more than once"}},
		{"unknown type", `{"type":"app.destroy","input":{}}`, 400, notValid, []string{"#/type is not one of app.create, template.run"}},
		{"no type", `{"input":{}}`, 400, notValid, []string{"#/type is not one of app.create, template.run"}},
		{"no input", `{"type":"app.create"}`, 400, notValid, []string{"#/input is an object with template and values"}},
		{"input is a text", `{"type":"app.create","input":"orders"}`, 400, notValid, []string{"#/input is an object with template and values"}},
		{"input is null", `{"type":"app.create","input":null}`, 400, notValid, []string{"#/input/template is required"}},
		{"input with more", `{"type":"app.create","input":{"template":"serverless-api","values":{},"owner":"me"}}`, 400, notValid,
			[]string{"#/input is an object with template and values"}},
		{"no template", `{"type":"app.create","input":{"values":{"name":"orders"}}}`, 400, notValid, []string{"#/input/template is required"}},
		{"unknown template", `{"type":"app.create","input":{"template":"nothing","values":{"name":"orders"}}}`, 400, notValid,
			[]string{"#/input/template there is no template:default/nothing in the catalog"}},
		{"not a template", `{"type":"app.create","input":{"template":"awsenvironment:default/dev","values":{"name":"orders"}}}`, 400, notValid,
			[]string{"#/input/template is not the ref of a template"}},
		{"hostile template", `{"type":"app.create","input":{"template":"../../etc/passwd","values":{"name":"orders"}}}`, 400, notValid,
			[]string{"#/input/template is not the ref of a template"}},
	}
}

func formRefusals() []refusal {
	badName := `#/input/values/name must match the pattern ^[a-z]([a-z0-9]|-[a-z0-9])*$`
	return []refusal{
		{"no name", wanted(`{}`), 400, formNotGood, []string{"#/input/values/name is required"}},
		{"no values", `{"type":"app.create","input":{"template":"serverless-api"}}`, 400, formNotGood, []string{"#/input/values/name is required"}},
		{"name is a number", wanted(`{"name":7}`), 400, formNotGood, []string{"#/input/values/name must be text"}},
		{"capital letters", wanted(`{"name":"Orders"}`), 400, formNotGood, []string{badName}},
		{"a path", wanted(`{"name":"../orders"}`), 400, formNotGood, []string{badName}},
		{"a template in the name", wanted(`{"name":"${{ 7 * 7 }}"}`), 400, formNotGood, []string{badName}},
		{"a line end", wanted(`{"name":"orders\n"}`), 400, formNotGood, []string{badName}},
		{"letters that look the same", wanted(`{"name":"оrders"}`), 400, formNotGood, []string{badName}},
		{"too long", wanted(`{"name":"` + strings.Repeat("a", 31) + `"}`), 400, formNotGood, []string{"#/input/values/name must have at most 30 characters"}},
		{"unknown value", wanted(`{"name":"orders","colour":"red"}`), 400, formNotGood, []string{"#/input/values/colour is not a value that this template asks for"}},
		{"unknown environment", wanted(`{"name":"orders","environments":["dev","moon"]}`), 400, formNotGood,
			[]string{"#/input/values/environments/1 there is no awsenvironment:default/moon in the catalog"}},
		{"not an environment", wanted(`{"name":"orders","environments":["group:default/platform"]}`), 400, formNotGood,
			[]string{"#/input/values/environments/0 group:default/platform is not an environment"}},
		{"an environment twice", wanted(`{"name":"orders","environments":["dev","awsenvironment:default/dev"]}`), 400, formNotGood,
			[]string{"#/input/values/environments/1 awsenvironment:default/dev is there twice"}},
		{"no environment", wanted(`{"name":"orders","environments":[]}`), 400, formNotGood, []string{"#/input/values/environments must have at least 1 entry"}},
		{"everything at once", wanted(`{"name":"O","owner":7,"description":false,"environments":"dev","visibility":"secret","repository":"nowhere"}`), 400, formNotGood, []string{
			"#/input/values/description must be text",
			"#/input/values/environments must be a list",
			"#/input/values/name must have at least 3 characters",
			"#/input/values/name must match the pattern ^[a-z]([a-z0-9]|-[a-z0-9])*$",
			"#/input/values/owner must be text",
			`#/input/values/repository must match the pattern ^[A-Za-z0-9.:-]+\?owner=[A-Za-z0-9_./%-]+$`,
			"#/input/values/visibility must be one of private, internal",
		}},
	}
}
