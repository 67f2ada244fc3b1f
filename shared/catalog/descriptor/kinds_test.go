package descriptor_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const gadgets = `
kinds:
  - kind: Gadget
    apiVersions: [example.com/v1]
    fields:
      - {name: owner, type: text, required: true}
      - {name: size, type: text, values: [small, large]}
      - {name: parts, type: texts}
      - {name: on, type: boolean}
      - {name: weight, type: number}
      - {name: ports, type: list, filled: true, fields: [{name: number, type: number, required: true}]}
      - {name: labels, type: object, rest: string}
    relations:
      - {field: owner, type: ownedBy, reverse: ownerOf, defaultKind: Group}
      - {field: parts, type: madeOf, reverse: partFor}
`

func gadget(spec string) string {
	return "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: g}\nspec: {" + spec + "}\n"
}

func TestKindsOfAPlatform(t *testing.T) {
	t.Parallel()
	kinds, err := descriptor.ParseKinds([]byte(gadgets))
	if err != nil {
		t.Fatal(err)
	}
	for spec, want := range map[string][]string{
		"owner: a":        nil,
		"size: small":     {"/spec/owner: is required"},
		"owner: a, x: 1":  nil,
		"owner: 'a b'":    {`/spec/owner: "a b" is not an entity ref of the form [kind:][namespace/]name`},
		"owner: a, on: 1": {"/spec/on: must be true or false"},
		"owner: a, size: huge, weight: x, parts: [a], ports: [], labels: {a: 1, b: b}": {
			"/spec/size: must be small or large", "/spec/weight: must be a number", "/spec/parts/0: \"a\" is not an entity ref of the form [kind:][namespace/]name",
			"/spec/ports: must hold at least one", "/spec/labels/a: must be a string"},
		"owner: a, on: false, size: large, weight: 1.5, parts: ['gadget:b'], ports: [{number: 1}, {}]": {"/spec/ports/1/number: is required"},
	} {
		_, problems := descriptor.Parse([]byte(gadget(spec)), descriptor.Options{Kinds: kinds})
		var got []string
		for _, p := range problems {
			got = append(got, p.Pointer+": "+p.Message)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", spec, diff)
		}
	}
	good, _ := descriptor.Parse([]byte(gadget("owner: a, parts: ['gadget:z', 'gadget:b']")), descriptor.Options{Kinds: kinds})
	var edges []string
	for _, e := range kinds.Edges(good[0].Entity) {
		edges = append(edges, e.On+" "+e.Type+" "+e.TargetRef)
	}
	want := []string{"gadget:default/g ownedBy group:default/a", "group:default/a ownerOf gadget:default/g",
		"gadget:default/g madeOf gadget:default/z", "gadget:default/z partFor gadget:default/g",
		"gadget:default/g madeOf gadget:default/b", "gadget:default/b partFor gadget:default/g"}
	if diff := cmp.Diff(want, edges); diff != "" {
		t.Error(diff)
	}
	if _, problems := descriptor.Parse([]byte(component("x", "")), descriptor.Options{Kinds: kinds}); len(problems) > 0 {
		t.Errorf("a built-in kind: %q", said(problems))
	}
	if kinds.Digest() == "" || entity.Builtin().Digest() != "" {
		t.Error("the kinds can't be told apart")
	}
}

func TestDeclarationsThatAreWrong(t *testing.T) {
	t.Parallel()
	one := func(fields string) string { return "kinds: [{kind: G, apiVersions: [a/v1], " + fields + "}]" }
	for text, want := range map[string]string{
		"kinds: 7":        "the declaration of kinds: cannot unmarshal",
		"kinds: [":        "the declaration of kinds: the document is not valid YAML",
		"kinds: []\na: b": "the declaration of kinds: unknown field",
		"a: 1\n---\nb: 2": "the declaration of kinds: holds 2 YAML documents",
		one("field: []"):  "the declaration of kinds: unknown field",
		"kinds: [{}]":     "/kinds/0/kind must be the name of a kind: letters and digits; /kinds/0/apiVersions must name at least one API version",
		one("kind: x y"):  "the declaration of kinds: the key \"kind\" is there twice",
		"kinds: [{kind: component, apiVersions: [a/v1]}]":                                                                            "/kinds/0/kind there is a kind Component already",
		"kinds: [{kind: G, apiVersions: [a/v1]}, {kind: g, apiVersions: ['a b']}]":                                                   "/kinds/1/kind there is a kind G already; /kinds/1/apiVersions/0 must be an API version such as example.com/v1",
		one("fields: [{name: '', type: text}, {name: a, type: int}, {name: a, type: text}]"):                                         "/kinds/0/fields/0/name must be the name of a field; /kinds/0/fields/1/type must be one of text, string, boolean, number, condition, texts, strings, list, object, objects, anything; /kinds/0/fields/2/name there is a field of that name already",
		one("fields: [{name: a, type: list, values: [x], rest: no}, {name: b, type: text, fields: [{name: c, type: text}]}]"):        "/kinds/0/fields/0/rest must be one of text, string, boolean, number, condition, texts, strings, list, object, objects, anything; /kinds/0/fields/0/values only a text has values to choose from; /kinds/0/fields/1/fields only objects and lists of objects have fields",
		one("fields: [{name: a, type: object}], relations: [{field: a, type: 'x y', reverse: '', defaultKind: '-', onlyKind: '-'}]"): "/kinds/0/relations/0/type must be the name of a relation: letters, digits and _; /kinds/0/relations/0/reverse must be the name of a relation: letters, digits and _; /kinds/0/relations/0/defaultKind must be the name of a kind: letters and digits; /kinds/0/relations/0/onlyKind must be the name of a kind: letters and digits; /kinds/0/relations/0/field must be one of the kind's fields of the type text or texts",
		one("variants: [{type: '', fields: [{name: a, type: x}]}]"):                                                                  "/kinds/0/variants/0/type must be a value of spec.type; /kinds/0/variants/0/fields/0/type must be one of",
		one("fields: " + strings.Repeat("[{name: a, type: object, fields: ", 12) + "[]" + strings.Repeat("}]", 12)):                  "is nested deeper than 8 levels",
		"kinds: [" + strings.Repeat("{kind: G, apiVersions: [a/v1]},", 101) + "]":                                                    "there are more than 100 kinds",
	} {
		if _, err := descriptor.ParseKinds([]byte(text)); err == nil || !strings.Contains(errs.Explain(err), want) {
			t.Errorf("%.80s: %s, want %s", text, errs.Explain(err), want)
		}
	}
	if kinds, err := descriptor.ParseKinds([]byte(" \n")); err != nil || kinds.Digest() != "" {
		t.Errorf("nothing declared: %v", err)
	}
}
