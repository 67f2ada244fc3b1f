package request_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/httpapi/request"
)

// The words and the order of Ajv: the type, what is missing, what is too much, the members.
func TestTheFirstFaultIsTold(t *testing.T) {
	t.Parallel()
	pair := request.Object(request.Has("a", request.Text()), request.Has("b", request.OneOf("x", "y"))).Requiring("b", "a")
	schema := request.Object(
		request.Has("pairs", request.List(pair)), request.Has("names", request.TextsByName()), request.Has("n", request.Number()), request.Has("only", request.Object().Only()),
	)
	for text, want := range map[string]string{
		`{}`:                               "",
		`[]`:                               "body must be object",
		`{"more":1,"n":1.5}`:               "",
		`{"n":"1","pairs":{}}`:             "body/pairs must be array",
		`{"pairs":[{"a":1}]}`:              "body/pairs/0 must have required property 'b'",
		`{"pairs":[{"a":"","b":"z"}]}`:     "body/pairs/0/b must be equal to one of the allowed values: x, y",
		`{"names":{"z":"","k":1,"a":"x"}}`: "body/names/k must be string",
		`{"only":{"x":1}}`:                 "body/only must NOT have additional properties",
		`{"n":null}`:                       "body/n must be number",
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		got := ""
		if f := schema.Check("body", v); f != nil {
			got = f.At + " " + f.Message
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestBodiesAreRead(t *testing.T) {
	t.Parallel()
	schema := request.Object(request.Has("n", request.Number()), request.Has("list", request.Texts()))
	for _, c := range []struct{ media, text, want string }{
		{"", "", ""},
		{"", "{}", "media type not specified"},
		{"application/json", "", ""},
		{"application/json", `{"n":1,"list":["a"]}`, ""},
		{"application/json; charset=latin1", "{}", "unsupported charset, utf-8 is expected"},
		{"text/plain", "{}", "unsupported media type text/plain"},
		{"application/json", `{"n":`, "Unexpected end of JSON input"},
		{"application/json", `{"n":1,"n":2}`, "the body is nested too deeply, not UTF-8 or names a member twice"},
		{"application/json", `{"list":[1]}`, "request/body/list/0 must be string"},
		{"application/json", strings.Repeat("[", 40) + strings.Repeat("]", 40), "the body is nested too deeply, not UTF-8 or names a member twice"},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.text))
		r.Header.Set("Content-Type", c.media)
		if c.media == "" {
			r.Header.Del("Content-Type")
		}
		_, err := request.Read(r, schema, true)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s %s: %q, want %q", c.media, c.text, got, c.want)
		}
	}
}
