package actions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// entities is a catalog with some entities.
type entities map[string]entity.Entity

func (s entities) Entity(_ context.Context, ref string) (entity.Entity, error) {
	if ref == "component:default/unreachable" {
		return entity.Entity{}, errs.New(errs.Unavailable, "the table does not answer")
	}
	e, there := s[ref]
	if !there {
		return entity.Entity{}, entity.NoSuch(ref)
	}
	return e, nil
}

func onCatalog(t *testing.T, id string) actions.Action {
	t.Helper()
	orders := entity.Entity{APIVersion: "backstage.io/v1alpha1", Kind: "Component", Metadata: map[string]any{"name": "orders"}, Spec: map[string]any{"type": "service"},
		Relations: []entity.Relation{{Type: "ownedBy", TargetRef: "group:default/a"}}}
	list, err := actions.NewCatalog(entities{"component:default/orders": orders, "component:team/orders": orders})
	if err != nil {
		t.Fatal(err)
	}
	r, err := actions.NewRegistry(list...)
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Action(id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const ordersJSON = `{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"orders"},"spec":{"type":"service"}}`

func TestFetch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input map[string]any
		want  string
	}{
		"one":              {map[string]any{"entityRef": "component:default/orders"}, `{"entity":` + ordersJSON + `}`},
		"in any case":      {map[string]any{"entityRef": "Component:Orders"}, `{"entity":` + ordersJSON + `}`},
		"with defaults":    {map[string]any{"entityRef": "orders", "defaultKind": "Component", "defaultNamespace": "team"}, `{"entity":` + ordersJSON + `}`},
		"several":          {map[string]any{"entityRefs": []any{"component:orders", "component:nope"}, "optional": true}, `{"entities":[` + ordersJSON + `,null]}`},
		"one that is not":  {map[string]any{"entityRef": "component:nope", "optional": true}, `{"entity":null}`},
		"none, optionally": {map[string]any{"optional": true}, `{}`},
		"an empty list":    {map[string]any{"entityRefs": []any{}}, `{"entities":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := onCatalog(t, actions.CatalogFetchID)
			done, err := a.Run(t.Context(), call(c.input))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(done.Outputs)
			if diff := cmp.Diff(c.want, string(got)); err != nil || diff != "" {
				t.Errorf("%v, %s", err, diff)
			}
			planned, err := a.Plan(t.Context(), call(c.input))
			if diff := cmp.Diff(done.Outputs, planned.Outputs); err != nil || diff != "" {
				t.Errorf("foreseen: %v, %s", err, diff)
			}
		})
	}
}

func TestFetchRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input   map[string]any
		kind    errs.Kind
		message string
	}{
		"nothing":       {map[string]any{}, errs.Invalid, "needs a entityRef, or entityRefs"},
		"no such":       {map[string]any{"entityRef": "component:nope"}, errs.NotFound, "component:default/nope"},
		"no kind":       {map[string]any{"entityRef": "orders"}, errs.Invalid, "not an entity ref"},
		"no ref at all": {map[string]any{"entityRefs": []any{"component:../x"}}, errs.Invalid, "not an entity ref"},
		"wrong type":    {map[string]any{"entityRefs": "component:orders"}, errs.Invalid, "entityRefs must be a list"},
		"too many":      {map[string]any{"entityRefs": make([]any, 201)}, errs.TooLarge, "more than 200"},
		"out of order":  {map[string]any{"entityRef": "component:unreachable", "optional": true}, errs.Unavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := onCatalog(t, actions.CatalogFetchID).Run(t.Context(), call(c.input))
			if !errors.Is(err, c.kind) || !strings.Contains(errs.Message(err), c.message) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestFetchForeseesOnlyWhatItKnows(t *testing.T) {
	t.Parallel()
	a := onCatalog(t, actions.CatalogFetchID)
	for name, input := range map[string]map[string]any{
		"not there yet": {"entityRef": "component:nope"},
		"not known":     {"entityRef": actions.Unknown("register.entityRef")},
	} {
		planned, err := a.Plan(t.Context(), call(input))
		if text, _ := planned.Outputs["entity"].(string); err != nil || !operations.HoldsUnknown(text) {
			t.Errorf("%s: %v, %v", name, planned.Outputs, err)
		}
	}
}

func object(t *testing.T, document string) any {
	t.Helper()
	v, err := templating.ParseJSON([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWriteKeepsTheOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ entity, template, want string }{
		"as given": {
			`{"kind":"Component","apiVersion":"backstage.io/v1alpha1","metadata":{"name":"orders"},"spec":{"type":"service","owner":"group:default/a","deep":{"z":[1,2.5,{"b":true,"a":null}],"a":"yes"}}}`, "",
			"kind: Component\napiVersion: backstage.io/v1alpha1\nmetadata:\n  name: orders\nspec:\n  type: service\n  owner: group:default/a\n  deep:\n    z:\n      - 1\n      - 2.5\n      - b: true\n        a: null\n    a: \"yes\"\n",
		},
		"with its template": {
			`{"kind":"Component","metadata":{"name":"orders"}}`, "template:default/t",
			"kind: Component\nmetadata:\n  name: orders\n  annotations:\n    backstage.io/source-template: template:default/t\n",
		},
		"beside annotations": {
			`{"metadata":{"annotations":{"backstage.io/source-template":"forged","x/y":"z"},"name":"orders"}}`, "template:default/t",
			"metadata:\n  annotations:\n    x/y: z\n    backstage.io/source-template: template:default/t\n  name: orders\n",
		},
		"no annotations":     {`{"metadata":{"annotations":null}}`, "template:default/t", "metadata:\n  annotations:\n    backstage.io/source-template: template:default/t\n"},
		"no entity":          {`{"a":"b"}`, "template:default/t", "a: b\n"},
		"quotes in texts":    {`{"a":"#x","b":"\"q\": z","c":"it's: so","d":"say \"it's\": so","- k":"v "}`, "", "a: \"#x\"\nb: '\"q\": z'\nc: \"it's: so\"\nd: \"say \\\"it's\\\": so\"\n\"- k\": \"v \"\n"},
		"numbers":            {`{"a":1e21,"b":1e-7,"c":123456789012345680000,"d":-1.50,"e":1.0}`, "", "a: 1e+21\nb: 1e-7\nc: 123456789012345680000\nd: -1.5\ne: 1\n"},
		"any characters":     {`{"a":"漢字 😀","b":"😀\n👍\n","👍":"é"}`, "", "a: 漢字 😀\nb: |\n  😀\n  👍\n👍: é\n"},
		"private characters": {`{"a":"\ue000😀"}`, "", "a: \"\ue000\\U0001F600\"\n"},
		"texts that mislead": {`{"a":"true","b":"1","c":"null","d":"- x","e":"a: b","f":"x\ny","g":"","h":"2026-01-01","i":"0x10","j":"~"}`, "", "a: \"true\"\nb: \"1\"\nc: \"null\"\nd: \"- x\"\ne: \"a: b\"\nf: |-\n  x\n  y\ng: \"\"\nh: \"2026-01-01\"\ni: \"0x10\"\nj: \"~\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := call(map[string]any{"entity": object(t, c.entity), "filePath": "./out/catalog-info.yaml"})
			in.Template = c.template
			if _, err := onCatalog(t, actions.CatalogWriteID).Run(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			files, err := in.Files.Load(t.Context(), "op-1")
			if err != nil {
				t.Fatal(err)
			}
			f, _ := files.Get("out/catalog-info.yaml")
			if diff := cmp.Diff(c.want, string(f.Content)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input   map[string]any
		message string
	}{
		"no entity":       {map[string]any{}, "needs an entity"},
		"a list":          {map[string]any{"entity": []any{}}, "needs an entity"},
		"outside":         {map[string]any{"entity": map[string]any{"a": "b"}, "filePath": "../x"}, ".."},
		"into git":        {map[string]any{"entity": map[string]any{"a": "b"}, "filePath": ".git/config"}, ".git"},
		"path of a list":  {map[string]any{"entity": map[string]any{"a": "b"}, "filePath": []any{}}, "filePath must be a text"},
		"what JSON lacks": {map[string]any{"entity": map[string]any{"a": func() {}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := onCatalog(t, actions.CatalogWriteID).Run(t.Context(), call(c.input))
			if !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), c.message) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestRegisterForeseesTheEntity(t *testing.T) {
	t.Parallel()
	doc := func(kind, name string) string {
		spec := "{type: service, lifecycle: experimental, owner: a}"
		switch kind {
		case "System":
			spec = "{owner: a}"
		case "Location":
			spec = "{target: ./x.yaml}"
		}
		return fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: %s\n", kind, name, spec)
	}
	for name, c := range map[string]struct {
		content string
		input   map[string]any
		want    string
	}{
		"the component":           {doc("System", "shop") + "---\n" + doc("Component", "orders"), nil, "component:default/orders"},
		"what was not generated":  {doc("System", "generated-1") + "---\n" + doc("System", "shop"), nil, "system:default/shop"},
		"only what was generated": {doc("System", "generated-1"), nil, "system:default/generated-1"},
		"two components":          {doc("Component", "a") + "---\n" + doc("Component", "b"), nil, ""},
		"more to come":            {doc("Component", "a") + "---\n" + doc("Location", "more"), nil, ""},
		"no entity":               {"a: b\n", nil, ""},
		"not known":               {doc("Component", "\""+actions.Unknown("a.b")+"\""), nil, ""},
		"optional":                {doc("Component", "orders"), map[string]any{"optional": true}, ""},
		"another file":            {doc("Component", "orders"), map[string]any{"catalogInfoPath": "/other.yaml"}, ""},
		"the file by its name":    {doc("Component", "orders"), map[string]any{"catalogInfoPath": "./catalog-info.yaml"}, "component:default/orders"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := call(map[string]any{"repoContentsUrl": "https://gitlab.example.com/apps/orders/-/blob/main"})
			for k, v := range c.input {
				in.Input[k] = v
			}
			files, err := workspace.Collect([]workspace.File{{Path: "catalog-info.yaml", Content: []byte(c.content)}})
			if err != nil {
				t.Fatal(err)
			}
			if err := in.Files.Save(t.Context(), "op-1", files); err != nil {
				t.Fatal(err)
			}
			planned, err := actions.CatalogRegister{}.Plan(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				c.want = actions.Unknown("step.entityRef")
			}
			if got := planned.Outputs["entityRef"]; got != c.want {
				t.Errorf("foreseen %v", got)
			}
		})
	}
}

func TestRegisterMayFailWhenItIsOptional(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		optional bool
		failure  error
		fine     bool
	}{
		"taken":                 {true, errs.New(errs.Conflict, "it is registered already"), true},
		"not there":             {true, errs.New(errs.NotFound, "no file"), true},
		"unreachable":           {true, errs.New(errs.Unavailable, "no catalog"), false},
		"taken, not optionally": {false, errs.New(errs.Conflict, "it is registered already"), false},
	} {
		in := call(map[string]any{"catalogInfoUrl": "https://gitlab.example.com/x.yaml", "optional": c.optional})
		in.Apply = func(context.Context, operations.Effect) (json.RawMessage, error) { return nil, c.failure }
		done, err := actions.CatalogRegister{}.Run(t.Context(), in)
		if (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
		if c.fine && (done.Outputs["catalogInfoUrl"] == nil || done.Outputs["entityRef"] != nil) {
			t.Errorf("%s: %v", name, done.Outputs)
		}
	}
}
