package intake_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/catalog/catalogtest"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/intake"
	"github.com/slipwayhq/slipway/templates"
)

const (
	service = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: service}
spec:
  type: service
  parameters:
    - required: [name]
      properties:
        name: {type: string}
        size: {type: integer, default: 3}
    - properties:
        environments: {type: array, items: {type: string}}
  steps:
    - {id: fetch, action: "fetch:template", input: {url: ./skeleton}}
`
	nameless = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: nameless}
spec:
  type: service
  parameters: {properties: {color: {type: string}}}
  steps:
    - {id: fetch, action: "fetch:template", input: {url: ./skeleton}}
`
	unknownAction = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: unknown-action}
spec:
  type: service
  steps:
    - {id: shell, action: "debug:shell", input: {}}
`
	repeated = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: repeated}
spec:
  type: service
  steps:
    - {id: fetch, action: "fetch:template", each: 2, input: {url: ./skeleton}}
`
	taken = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: taken}\nspec: {type: service, lifecycle: experimental, owner: platform}\n"
)

func definition(t *testing.T) *intake.CreateApp {
	t.Helper()
	create, _ := definitions(t)
	return create
}

func definitions(t *testing.T) (*intake.CreateApp, *intake.RunTemplate) {
	t.Helper()
	g := gitlabtest.Start(t, "platform")
	files := map[string]string{"service.yaml": service, "nameless.yaml": nameless, "unknown.yaml": unknownAction, "repeated.yaml": repeated, "taken.yaml": taken}
	for _, name := range []string{"environments.yaml", "providers.yaml"} {
		body, err := templates.Files.ReadFile("environments/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(body)
	}
	g.Project(t, "platform/templates", files)
	entities := catalogtest.New(t, g)
	for name := range files {
		catalogtest.Register(t, entities, g, "platform/templates", name)
	}
	// The account of "prod" is not among those that may be used.
	places, err := environments.New(environments.Config{Catalog: entities, Accounts: []string{"111111111111", "222222222222"}})
	if err != nil {
		t.Fatal(err)
	}
	asked := intake.Deps{Catalog: entities, Environments: places, Machine: "create-app"}
	create, err1 := intake.NewCreateApp(asked)
	run, err2 := intake.NewRunTemplate(asked)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return create, run
}

func TestCheck(t *testing.T) {
	t.Parallel()
	c := definition(t)
	t.Run("accepts", func(t *testing.T) { accepts(t, c) })
	t.Run("refuses", func(t *testing.T) { refuses(t, c) })
}

func accepts(t *testing.T, c *intake.CreateApp) {
	for name, ref := range map[string]string{"short": "service", "canonical": "template:default/service", "other case": "Template:Default/Service"} {
		raw := `{"template":"` + ref + `","values":{"name":"orders","environments":["qa","awsenvironment:default/dev"],"size":7}}`
		got, err := c.Check(t.Context(), json.RawMessage(raw))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var in scaffolder.CreateAppInput
		if err := json.Unmarshal(got.Input, &in); err != nil {
			t.Fatal(err)
		}
		want := scaffolder.CreateAppInput{Template: "template:default/service", Values: keyorder.Object{Map: map[string]any{
			"name": "orders", "size": 7.0, "environments": []any{"qa", "awsenvironment:default/dev"},
		}, Order: keyorder.OfObject([]string{"name", "environments", "size"}, nil)}}
		if diff := cmp.Diff(want, in); diff != "" || got.Target != "component:default/orders" || got.Machine != "create-app" {
			t.Errorf("%s: %s for %s %s", name, diff, got.Target, got.Machine)
		}
	}
	got, err := c.Check(t.Context(), json.RawMessage(`{"template":"service","values":{"name":"a"}}`))
	if err != nil || !strings.Contains(string(got.Input), `"size":3`) {
		t.Errorf("without what has a default: %s, %v", got.Input, err)
	}
}

func refuses(t *testing.T, c *intake.CreateApp) {
	for name, r := range map[string]struct {
		input    string
		pointers string // sorted as they come
		kind     errs.Kind
	}{
		"nothing":             {``, "", errs.Invalid},
		"not an object":       {`[]`, "", errs.Invalid},
		"null":                {`null`, "/template", errs.Invalid},
		"unknown member":      {`{"template":"service","values":{},"repository":"x"}`, "", errs.Invalid},
		"no template":         {`{"values":{"name":"a"}}`, "/template", errs.Invalid},
		"unknown template":    {`{"template":"none"}`, "/template", errs.Invalid},
		"not a template":      {`{"template":"component:default/taken"}`, "/template", errs.Invalid},
		"not a ref":           {`{"template":"a:b:c/d/e"}`, "/template", errs.Invalid},
		"unknown action":      {`{"template":"unknown-action"}`, "/template", errs.Invalid},
		"each":                {`{"template":"repeated","values":{"name":"a"}}`, "/template", errs.Invalid},
		"no values":           {`{"template":"service"}`, "/values/name", errs.Invalid},
		"a form without name": {`{"template":"nameless","values":{"color":"red"}}`, "/values/name", errs.Invalid},
		"capital letters":     {`{"template":"service","values":{"name":"Orders"}}`, "/values/name", errs.Invalid},
		"ends in hyphen":      {`{"template":"service","values":{"name":"a-"}}`, "/values/name", errs.Invalid},
		"begins with digit":   {`{"template":"service","values":{"name":"1a"}}`, "/values/name", errs.Invalid},
		"newline":             {`{"template":"service","values":{"name":"a\n"}}`, "/values/name", errs.Invalid},
		"too long":            {`{"template":"service","values":{"name":"` + strings.Repeat("a", 51) + `"}}`, "/values/name", errs.Invalid},
		"leads elsewhere":     {`{"template":"service","values":{"name":"../x"}}`, "/values/name", errs.Invalid},
		"taken":               {`{"template":"service","values":{"name":"taken"}}`, "", errs.Conflict},
		"environment number":  {`{"template":"service","values":{"name":"a","environments":[7]}}`, "/values/environments/0", errs.Invalid},
		"environments text":   {`{"template":"service","values":{"name":"a","environments":"dev"}}`, "/values/environments", errs.Invalid},
		"unknown environment": {`{"template":"service","values":{"name":"a","environments":["dev","moon"]}}`, "/values/environments/1", errs.Invalid},
		"account not allowed": {`{"template":"service","values":{"name":"a","environments":["prod"]}}`, "/values/environments/0", errs.Invalid},
		"everything at once":  {`{"template":"service","values":{"name":"A","size":"big","environments":["moon","prod"]}}`, "/values/size /values/name /values/environments/0 /values/environments/1", errs.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Check(t.Context(), json.RawMessage(r.input))
			if errs.KindOf(err) != r.kind {
				t.Fatalf("got %v", err)
			}
			var pointers []string
			for _, f := range errs.Fields(err) {
				pointers = append(pointers, f.Pointer)
				if f.Message == "" {
					t.Errorf("nothing is said about %s", f.Pointer)
				}
			}
			if diff := cmp.Diff(r.pointers, strings.Join(pointers, " ")); diff != "" {
				t.Errorf("%v: %s", err, diff)
			}
		})
	}
}

func TestTheReasonOfAnUnusableTemplateIsTold(t *testing.T) {
	t.Parallel()
	c := definition(t)
	_, err := c.Check(t.Context(), json.RawMessage(`{"template":"unknown-action"}`))
	if fields := errs.Fields(err); len(fields) != 1 || !strings.Contains(fields[0].Message, "debug:shell") {
		t.Errorf("got %+v", fields)
	}
	if _, err := intake.NewCreateApp(intake.Deps{}); err == nil {
		t.Error("a definition was made of nothing")
	}
	if !errors.Is(err, errs.Invalid) || c.Type() != scaffolder.CreateAppType {
		t.Errorf("%v, %s", err, c.Type())
	}
}
