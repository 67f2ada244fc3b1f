package e2e

import (
	"bytes"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// description is the OpenAPI document that a portal serves. Its objects are closed: here a
// member that is not described is a mistake, although clients are told to expect more.
type description struct{ root map[string]any }

func describedBy(t *testing.T, portal http.Handler) description {
	t.Helper()
	w := httptest.NewRecorder()
	portal.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	doc, err := jsonschema.UnmarshalJSON(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("the description: %d, %v", w.Code, err)
	}
	closeObjects(doc)
	return description{doc.(map[string]any)}
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if v["properties"] != nil && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, member := range v {
			closeObjects(member)
		}
	case []any:
		for _, item := range v {
			closeObjects(item)
		}
	}
}

// at gives what is at a place in the document, following references.
func (d description) at(path ...string) (map[string]any, []string) {
	here, trail := d.root, []string(nil)
	for _, step := range path {
		next, ok := here[step].(map[string]any)
		if !ok {
			return nil, nil
		}
		here, trail = next, append(trail, step)
		if ref, ok := here["$ref"].(string); ok {
			trail = strings.Split(strings.TrimPrefix(ref, "#/"), "/")
			here, _ = d.at(trail...)
		}
	}
	return here, trail
}

// mustBeValid validates a document against the schema at a place of the description.
func (d description) mustBeValid(t *testing.T, body []byte, path ...string) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("slipway:///openapi.json", d.root); err != nil {
		t.Fatal(err)
	}
	pointer := ""
	for _, step := range path {
		pointer += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(step))
	}
	schema, err := c.Compile("slipway:///openapi.json#" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		t.Errorf("%s: %v in %.2000s", pointer, err, body)
	}
}

// operation gives the described path and method of a request, false when there is none.
func (d description) operation(r *http.Request) (path, method string, ok bool) {
	paths, _ := d.at("paths")
	method = strings.ToLower(r.Method)
	for path := range paths {
		if o, _ := d.at("paths", path, method); o != nil && fits(path, r.URL.EscapedPath()) {
			return path, method, true
		}
	}
	return "", "", false
}

// answers names all described answers.
func (d description) answers() (names []string) {
	paths, _ := d.at("paths")
	for path := range paths {
		methods, _ := d.at("paths", path)
		for method := range methods {
			o, _ := d.at("paths", path, method)
			for status := range o["responses"].(map[string]any) {
				names = append(names, o["operationId"].(string)+" "+status)
			}
		}
	}
	slices.Sort(names)
	return names
}

// fits compares a path with one that has parameters.
func fits(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !(strings.HasPrefix(want[i], "{") && got[i] != "") {
			return false
		}
	}
	return true
}

// ours reports whether a request is to Slipway's own API, not to Backstage's or a receiver.
func ours(r *http.Request) bool {
	for _, other := range []string{"/api/catalog/", "/api/scaffolder/", "/webhooks/"} {
		if strings.HasPrefix(r.URL.Path, other) {
			return false
		}
	}
	return true
}

// mustDescribe holds an exchange against the description and names the described answer,
// "createOperation 202". A route that is not described can only answer that.
func (d description) mustDescribe(t *testing.T, r *http.Request, sent []byte, w *httptest.ResponseRecorder) string {
	t.Helper()
	path, method, ok := d.operation(r)
	if !ok {
		if w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s %.80s is not described and answers %d", r.Method, r.URL.Path, w.Code)
		}
		d.mustBeValid(t, w.Body.Bytes(), "components", "schemas", "Problem")
		return ""
	}
	if w.Code < http.StatusBadRequest && len(sent) > 0 {
		d.mustBeValid(t, sent, "paths", path, method, "requestBody", "content", "application/json", "schema")
	}
	o, _ := d.at("paths", path, method)
	name := o["operationId"].(string) + " " + strconv.Itoa(w.Code)
	d.mustAnswer(t, name, w, "paths", path, method, "responses", strconv.Itoa(w.Code))
	return name
}

// mustAnswer holds an answer against its description: status, headers, media type, body.
func (d description) mustAnswer(t *testing.T, name string, w *httptest.ResponseRecorder, path ...string) {
	t.Helper()
	answer, at := d.at(path...)
	if answer == nil {
		t.Errorf("%s is not described: %.200s", name, w.Body)
		return
	}
	headers, _ := d.at(append(at[:len(at):len(at)], "headers")...)
	for header := range headers {
		if h, _ := d.at(append(at[:len(at):len(at)], "headers", header)...); h["required"] == true && w.Header().Get(header) == "" {
			t.Errorf("%s has no %s", name, header)
		}
	}
	if answer["content"] == nil {
		if w.Body.Len() > 0 {
			t.Errorf("%s has a body: %.200s", name, w.Body)
		}
		return
	}
	media, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if c, _ := d.at(append(at[:len(at):len(at)], "content", media)...); err != nil || c == nil {
		t.Errorf("%s is %q: %v", name, w.Header().Get("Content-Type"), err)
		return
	}
	if media == "text/event-stream" {
		d.mustStreamLines(t, w.Body.String())
		return
	}
	d.mustBeValid(t, w.Body.Bytes(), append(at, "content", media, "schema")...)
}

// mustStreamLines holds the events of a log against the description of its lines.
func (d description) mustStreamLines(t *testing.T, body string) {
	t.Helper()
	events := 0
	for event := range strings.SplitSeq(body, "\n\n") {
		_, data, found := strings.Cut(event, "\ndata: ")
		if !found {
			continue
		}
		events++
		d.mustBeValid(t, []byte(data), "components", "schemas", "LogLine")
	}
	if events == 0 {
		t.Errorf("no event in %.200q", body)
	}
}
