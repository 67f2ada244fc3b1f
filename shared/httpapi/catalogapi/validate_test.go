package catalogapi_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInvalidEntitiesAreToldInBackstagesWords(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	const kinds = "Processor BuiltinKindsEntityProcessor threw an error while validating the entity component:default/v; caused by TypeError: "
	const policy = "Policy check failed for component:default/v; caused by Error: "
	component := func(rest string) string {
		return `{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"v"}` + rest + `}`
	}
	for entity, want := range map[string][]string{
		component(``):                     {kinds + "<root> must have required property 'spec' - missingProperty: spec"},
		component(`,"spec":{"type":"a"}`): {kinds + "/spec must have required property 'lifecycle' - missingProperty: lifecycle", kinds + "/spec must have required property 'owner' - missingProperty: owner"},
		component(`,"spec":{"type":"","lifecycle":"b","owner":4}`): {
			kinds + "/spec/type must NOT have fewer than 1 characters - limit: 1", kinds + "/spec/owner must be string - type: string"},
		component(`,"spec":{"type":"a","lifecycle":"b","owner":"c","providesApis":{},"consumesApis":[1]}`): {
			kinds + "/spec/providesApis must be array - type: array", kinds + "/spec/consumesApis/0 must be string - type: string"},
		component(`,"spec":{"type":"a","lifecycle":"b","owner":"c"},"foo":1`): {policy + "/foo: is not a field of an entity"},
		`{"apiVersion":"backstage.io/v9","kind":"Component","metadata":{"name":"V"},"spec":{}}`: {
			"No processor recognized the entity component:default/v as valid, possibly caused by a foreign kind or apiVersion"},
		`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{}}`:             {"/metadata must have required property 'name' - missingProperty: name"},
		`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":"x"}`:            {"/metadata must be object - type: object"},
		`{"apiVersion":null,"kind":"Component","metadata":{"name":"v"}}`:                      {"/apiVersion must be string - type: string"},
		`{"apiVersion":"backstage.io/v1alpha1","metadata":{"name":"v"}}`:                      {"<root> must have required property 'kind' - missingProperty: kind"},
		`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":["v"]}}`: {"/metadata/name must be string - type: string"},
	} {
		w := call(server, "POST", "/validate-entity", `{"location":"url:https://example.com/x.yaml","entity":`+entity+`}`)
		if diff := cmp.Diff(want, told(t, w.Body.Bytes())); diff != "" || w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", entity, w.Code, diff)
		}
	}
}

func told(t *testing.T, body []byte) (messages []string) {
	t.Helper()
	var answer struct{ Errors []struct{ Message string } }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	for _, e := range answer.Errors {
		messages = append(messages, e.Message)
	}
	return messages
}

func TestLocationRefsOfDocuments(t *testing.T) {
	t.Parallel()
	server := fixtureServer(t)
	for ref, want := range map[string]string{
		"url:https://example.com/x": "", " url : x ": "",
		"":                 "Unable to parse location ref '', expected '<type>:<target>', e.g. 'url:https://host/path'",
		"x":                "Unable to parse location ref 'x', expected '<type>:<target>', e.g. 'url:https://host/path'",
		"url: ":            "Unable to parse location ref 'url: ', expected '<type>:<target>', e.g. 'url:https://host/path'",
		"https://x":        "Invalid location ref 'https://x', please prefix it with 'url:', e.g. 'url:https://x'",
		"url:JavaScript:x": "Invalid location ref 'url:JavaScript:x', target is a javascript: URL",
		"gitlab:x":         "Invalid location ref gitlab:x, only 'url:<target>' is supported, e.g. url:https://host/path",
	} {
		w := call(server, "POST", "/validate-entity", `{"location":"`+ref+`","entity":{"apiVersion":"backstage.io/v1alpha1","kind":"Location","metadata":{"name":"x"},"spec":{}}}`)
		if want == "" {
			if w.Code != http.StatusOK || w.Body.Len() > 0 {
				t.Errorf("%q: %d %s", ref, w.Code, w.Body)
			}
			continue
		}
		if diff := cmp.Diff([]string{want}, told(t, w.Body.Bytes())); diff != "" || w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d %s", ref, w.Code, diff)
		}
	}
}
