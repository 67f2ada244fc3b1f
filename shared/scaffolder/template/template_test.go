package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

const good = `{
  "apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template",
  "metadata": {"name": "serverless-api", "title": "Serverless API", "tags": ["go"], "annotations": null},
  "spec": {
    "type": "service", "owner": "group:default/platform", "presentation": {"buttonLabels": {"createButtonText": "Go"}},
    "parameters": {"title": "Basics", "required": ["name"], "properties": {"name": {"type": "string", "ui:autofocus": true}}, "ui:order": ["name"]},
    "steps": [
      {"id": "fetch", "action": "fetch:template", "input": {"url": "./skeleton", "values": {"name": "${{ parameters.name }}"}}},
      {"action": "debug:log", "if": "${{ steps.fetch.output.ok }}", "each": ["a"], "input": {"message": "steps.nowhere is only text, ${{ 'steps.nowhere' }} too"}}
    ],
    "output": {"links": [{"title": "Log", "url": "${{ steps['step-2'].output.url }}"}]}
  }
}`

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte(good), Config{Actions: func(id string) bool { return id == "fetch:template" || id == "debug:log" }})
	if err != nil {
		t.Fatal(err, errs.Fields(err))
	}
	want := &Template{
		Name: "serverless-api", Namespace: "default", Title: "Serverless API", Tags: []string{"go"}, Type: "service", Owner: "group:default/platform",
		Pages: []Page{{Title: "Basics", Schema: map[string]any{
			"required":   []any{"name"},
			"properties": map[string]any{"name": map[string]any{"type": "string", "ui:autofocus": true}},
			"ui:order":   []any{"name"},
		}}},
		Steps: []Step{
			{ID: "fetch", Name: "fetch:template", Action: "fetch:template", Input: keyorder.Object{Map: map[string]any{"url": "./skeleton", "values": map[string]any{"name": "${{ parameters.name }}"}}}},
			{ID: "step-2", Name: "debug:log", Action: "debug:log", If: "${{ steps.fetch.output.ok }}", Each: []any{"a"},
				Input: keyorder.Object{Map: map[string]any{"message": "steps.nowhere is only text, ${{ 'steps.nowhere' }} too"}}},
		},
		Output: keyorder.Object{Map: map[string]any{"links": []any{map[string]any{"title": "Log", "url": "${{ steps['step-2'].output.url }}"}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"fetch", "step-2"}, got.StepIDs()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestStepsAsBackstageTakesThem(t *testing.T) {
	t.Parallel()
	none := func(string) bool { return false }
	const around = `{"apiVersion":"scaffolder.backstage.io/v1beta3","kind":"Template","metadata":{"name":"x"},"spec":{"type":"x","steps":%s}}`
	for steps, refused := range map[string]string{
		`[]`: "",
		`[{"id":"Fetch Base","action":"publish:elsewhere","if":"${{ parameters.a }}"}]`: "",
		`[{"action":"publish:elsewhere","if":false}]`:                                   "",
		`[{"action":"publish:elsewhere","if":true}]`:                                    "/spec/steps/0/action",
		`[{"action":"publish:elsewhere"}]`:                                              "/spec/steps/0/action",
		`null`:                                                                          "/spec/steps",
		`{}`:                                                                            "/spec/steps",
		`[{"name":1}]`:                                                                  "/spec/steps/name",
		`[{"input":[]}]`:                                                                "/spec/steps/input",
	} {
		_, err := Parse(fmt.Appendf(nil, around, steps), Config{Actions: none})
		switch fields := errs.Fields(err); {
		case refused == "" && err != nil:
			t.Errorf("%s: %v, %v", steps, err, fields)
		case refused != "" && (len(fields) != 1 || fields[0].Pointer != refused):
			t.Errorf("%s: %v, %v; want %s", steps, err, fields, refused)
		}
	}
}

func TestParseNamesEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{
  "apiVersion": "v2", "kind": "template", "metadata": {"name": "-bad name-"},
  "spec": {
    "parameters": [{"title": 1, "type": "string", "properties": {"a/b": {}}}, 7, {"properties": {"a/b": {}}}, {"properties": []}],
    "steps": [
      {"id": "a", "action": "x:y", "if": {}, "each": 3, "input": {"later": "${{ steps.b.output }}", "self": "${{ steps.a.output.x }}"}},
      {"id": "a", "input": {"list": ["${{ steps['gone'].output.x }}"]}},
      {"id": "b", "action": "debug:log"},
      {"id": "has/slash", "action": "no\nsuch"}
    ],
    "output": {"text": "{% if steps.lost %}x{% endif %}"}
  }}`), Config{Actions: func(id string) bool { return id == "debug:log" }})
	want := []string{
		`/apiVersion must be "scaffolder.backstage.io/v1beta3"`,
		`/kind must be "Template"`,
		`/metadata/name must be 1 to 63 letters, digits and -_. and begin and end with a letter or digit`,
		`/spec/type is missing: say what the template makes, for example "service"`,
		`/spec/parameters/0/title must be text`,
		`/spec/parameters/0/type must be "object": a page holds named values`,
		`/spec/parameters/1 must be an object with the JSON Schema of a form page`,
		`/spec/parameters/3/properties must be an object`,
		`/spec/steps/0/each must be a list, an object, or a template that gives one`,
		`/spec/steps/0/if must be a boolean or a template`,
		`/spec/steps/1/id "a" is already the id of step 1`,
		`/spec/steps/1/action is missing: name the action that this step calls`,
		`/spec/steps/3/id must be 1 to 100 characters without slashes and control characters`,
		`/spec/steps/3/action there is no action of this name`,
	}
	var got []string
	for _, f := range errs.Fields(err) {
		got = append(got, f.Pointer+" "+f.Message)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestParseRefusesWhatIsNoTemplate(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]string{
		"nothing":         ``,
		"not JSON":        `{"kind":`,
		"a list":          `[]`,
		"null":            `null`,
		"steps as object": `{"spec": {"steps": {}}}`,
		"a step as text":  `{"spec": {"steps": ["x"]}}`,
		"name as number":  `{"metadata": {"name": 1}}`,
	} {
		if _, err := Parse([]byte(document), Config{}); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v, want Invalid", name, err)
		}
	}
	if _, err := Parse([]byte(`"`+strings.Repeat("x", maxBytes)+`"`), Config{}); !errors.Is(err, errs.TooLarge) {
		t.Errorf("got %v, want TooLarge", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"spec":{"parameters":[[]],"steps":[{"input":{"x":"${{ steps[\"a\"] }} {# steps.b #}"}}]}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		parsed, err := Parse(document, Config{})
		if err != nil {
			return
		}
		again, err := json.Marshal(map[string]any{
			"apiVersion": APIVersion, "kind": Kind,
			"metadata": map[string]any{"name": parsed.Name},
			"spec":     map[string]any{"type": parsed.Type, "output": parsed.Output, "steps": stepsOf(parsed)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(again, Config{}); err != nil {
			t.Errorf("what was valid is not valid when written again: %v %v", err, errs.Fields(err))
		}
	})
}

func stepsOf(t *Template) []map[string]any {
	var list []map[string]any
	for _, s := range t.Steps {
		list = append(list, map[string]any{"id": s.ID, "name": s.Name, "action": s.Action, "input": s.Input, "if": s.If, "each": s.Each})
	}
	return list
}
