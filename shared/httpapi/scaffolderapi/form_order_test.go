package scaffolderapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest/portaltest"
	"github.com/slipwayhq/slipway/shared/scm"
)

// authorsOrder are two templates of one file whose keys are in no order but their author's.
const authorsOrder = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: other}
spec: {type: service, parameters: {properties: {b: {}, a: {}}}, steps: []}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {title: Ordered, name: ordered}
spec:
  type: service
  parameters:
    - title: Second comes third
      required: [zone]
      properties:
        zone: {type: string, title: "Zone <1>"}
        app: {ui:widget: x, type: object, properties: {size: {type: number}, kind: {type: string}}}
        owner: {type: string}
      dependencies:
        zone:
          oneOf:
            - properties: {zone: {enum: [a]}, more: {type: string}, also: {type: string}}
    - {properties: {b: {type: string}, a: {type: string}}}
  steps: []
`

const inAuthorsOrder = `[` +
	`{"title":"Second comes third","schema":{"title":"Second comes third","required":["zone"],"properties":{` +
	`"zone":{"type":"string","title":"Zone \u003c1\u003e"},` +
	`"app":{"ui:widget":"x","type":"object","properties":{"size":{"type":"number"},"kind":{"type":"string"}}},` +
	`"owner":{"type":"string"}},` +
	`"dependencies":{"zone":{"oneOf":[{"properties":{"zone":{"enum":["a"]},"more":{"type":"string"},"also":{"type":"string"}}}]}}}},` +
	`{"title":"Please enter the following information","schema":{"properties":{"b":{"type":"string"},"a":{"type":"string"}}}}]`

// formSteps gives the bytes of a form's pages.
func formSteps(t *testing.T, s *portaltest.Portal, name string) string {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/scaffolder/v2/templates/default/template/"+name+"/parameter-schema", nil))
	var f struct{ Steps json.RawMessage }
	if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return string(f.Steps)
}

func TestFieldsOfAFormAreInTheirAuthorsOrder(t *testing.T) {
	t.Parallel()
	s := portaltest.New(t, auth.Guest{})
	s.Register(t, map[string][]byte{"ordered/template.yaml": []byte(authorsOrder)})
	for range 2 {
		if got := formSteps(t, s, "ordered"); got != inAuthorsOrder {
			t.Errorf("got  %s\nwant %s", got, inAuthorsOrder)
		}
	}
	if got := formSteps(t, s, "other"); !strings.Contains(got, `"properties":{"b":{},"a":{}}`) {
		t.Error(got)
	}
}

// The catalog goes on with a template whose file has been broken.
func TestAFormKeepsItsOrderWhenItsFileIsBroken(t *testing.T) {
	t.Parallel()
	s := portaltest.New(t, auth.Guest{})
	s.Register(t, map[string][]byte{"ordered/template.yaml": []byte(authorsOrder)})
	p, err := s.System.SCM.Project(t.Context(), "platform/templates")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.System.SCM.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "Break it", Changes: []scm.Change{
		{Action: scm.UpdateFile, Path: "ordered/template.yaml", Content: []byte("kind: [")},
	}}); err != nil {
		t.Fatal(err)
	}
	if got := formSteps(t, s, "other"); !strings.Contains(got, `"properties":{"b":{},"a":{}}`) {
		t.Error(got)
	}
}
