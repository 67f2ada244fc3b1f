package descriptor_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// said gives the problems as text.
func said(ps []entity.Problem) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

func TestDescriptorProblems(t *testing.T) {
	t.Parallel()
	spec := "spec: {type: service, lifecycle: production, owner: team-a}\n"
	head := "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":             {text: ""},
		"comments only":       {text: "# one\n---\n# two\n...\n"},
		"a list":              {text: "- a\n", want: []string{"line 1: the document is not an object"}},
		"no YAML":             {text: "a: [b", want: []string{"line 1: the document is not valid YAML: did not find expected ',' or ']'"}},
		"a tab":               {text: "a:\n\tb: c\n", want: []string{"line 2: the document is not valid YAML: found character that cannot start any token"}},
		"a key twice":         {text: head + "metadata: {name: x, name: y}\n" + spec, want: []string{`line 3: the key "name" is there twice`}},
		"a merge key":         {text: "a: &a {b: c}\nd:\n  <<: *a\n", want: []string{"line 3: a key must be plain text; merge keys (<<) are not supported"}},
		"not a number":        {text: "a: .nan\n", want: []string{`line 1: ".nan" is not a number that JSON has`}},
		"a foreign tag":       {text: "a: !python/object x\n", want: []string{"line 1: the tag !python/object is not supported"}},
		"an anchor on itself": {text: "a: &a [*a]\n", want: []string{"line 1: the document is nested deeper than 64 levels"}},
		"unknown root field":  {text: head + "metadata: {name: x}\nextra: 1\n" + spec, want: []string{"component:default/x, line 1, /extra: is not a field of an entity"}},
		"all at once": {
			text: "apiVersion: 1\nkind: 'a b'\nmetadata:\n  name: 'a b'\n  namespace: '-'\n  labels: {'a b': 1, ok: 'x y'}\n  tags: [OK, 1]\n  links: [{url: x}, 3]\nspec: []\n",
			want: []string{
				"line 1, /apiVersion: must be an API version such as backstage.io/v1alpha1",
				"line 1, /kind: must be the name of a kind: letters and digits",
				"line 1, /spec: must be an object",
				"line 1, /metadata/name: must be 1 to 63 letters, digits, and -, _ or . in between",
				"line 1, /metadata/namespace: must be 1 to 63 lower-case letters, digits, and - in between",
				"line 1, /metadata/labels/a b: the key must be [prefix/]name with a DNS name as prefix and a name of 1 to 63 letters, digits, -, _ or .",
				"line 1, /metadata/labels/a b: must be a string",
				"line 1, /metadata/labels/ok: must be empty or 1 to 63 letters, digits, and -, _ or . in between",
				"line 1, /metadata/tags/0: must be 1 to 63 of a-z, 0-9, + and #, with - in between",
				"line 1, /metadata/tags/1: must be 1 to 63 of a-z, 0-9, + and #, with - in between",
				"line 1, /metadata/links/0/url: must be an absolute URL",
				"line 1, /metadata/links/1: must be an object",
			}},
		"an unknown kind": {text: strings.Replace(head, "Component", "Gadget", 1) + "metadata: {name: x}\n" + spec, want: []string{
			"gadget:default/x, line 1, /kind: Gadget is not one of the kinds API, AWSEnvironment, AWSEnvironmentProvider, Component, Domain, Group, Location, Resource, System, Template, User"}},
		"a version of another kind": {text: "apiVersion: example.com/v7\nkind: Component\nmetadata: {name: x}\n" + spec, want: []string{
			"component:default/x, line 1, /apiVersion: must be backstage.io/v1alpha1 or backstage.io/v1beta1 for the kind Component"}},
		"missing and wrong fields": {text: head + "metadata: {name: x}\nspec: {type: '', lifecycle: 2, dependsOn: [a, 1], providesApis: x}\n", want: []string{
			"component:default/x, line 1, /spec/owner: is required for the kind Component",
			"component:default/x, line 1, /spec/dependsOn/1: must be a non-empty string",
			"component:default/x, line 1, /spec/lifecycle: must be a non-empty string",
			"component:default/x, line 1, /spec/providesApis: must be a list of strings",
			"component:default/x, line 1, /spec/type: must be a non-empty string",
			`component:default/x, line 1, /spec/dependsOn: "a" is not an entity ref of the form [kind:][namespace/]name`,
		}},
		"keys that differ in case": {text: head + "metadata: {name: x, Extra: 1, extra: 2}\n" + spec,
			want: []string{"component:default/x, line 1: the keys Extra and extra differ only in case"}},
		"the same entity twice": {text: component("x", "") + "---\n" + component("X", ""),
			want: []string{"component:default/x, line 6, /metadata/name: document 1 of the same file is this entity already"}},
		"documents behind odd line breaks": {text: "a: b\u2028---\u2028c: d\n",
			want: []string{"line 1: the document does not end where it seems to: a line break is none that YAML 1.2 has"}},
		"documents behind carriage returns": {text: "a: b\r---\r- c\r", want: []string{
			"line 1, /a: is not a field of an entity", "line 1, /apiVersion: must be an API version such as backstage.io/v1alpha1",
			"line 1, /kind: must be the name of a kind: letters and digits", "line 1, /metadata: must be an object",
			"line 2: the document is not an object"}},
		"the second of three": {text: component("x", "") + "---\nkind: [\n---\n" + component("y", ""),
			want: []string{"line 6: the document is not valid YAML: did not find expected node content"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := descriptor.Parse([]byte(c.text))
			if diff := cmp.Diff(c.want, said(problems)); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestNeighboursOfABadDocumentAreGood(t *testing.T) {
	t.Parallel()
	good, problems := descriptor.Parse([]byte("%YAML 1.2\n---\n" + component("x", "") + "---\nkind: [\n---\n" + component("y", "") + "...\n"))
	if len(good) != 2 || len(problems) != 1 || good[1].Entity.Name() != "y" || good[1].Document != 3 {
		t.Fatal(good, problems)
	}
}

func TestValuesAreJSONs(t *testing.T) {
	t.Parallel()
	good, problems := descriptor.Parse([]byte(`apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: x
  annotations:
spec:
  type: service
  lifecycle: production
  owner: team-a
  date: 2026-11-22
  time: 2026-11-22T09:00:00Z
  number: 3.50
  whole: 0x10
  yes: yes
  truth: true
  nothing: ~
  text: "12"
  shared: &s [1, two]
  again: *s
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := map[string]any{
		"type": "service", "lifecycle": "production", "owner": "team-a", "date": "2026-11-22", "time": "2026-11-22T09:00:00Z",
		"number": 3.5, "whole": 16.0, "yes": "yes", "truth": true, "nothing": nil, "text": "12",
		"shared": []any{1.0, "two"}, "again": []any{1.0, "two"},
	}
	if diff := cmp.Diff(want, good[0].Entity.Spec); diff != "" {
		t.Fatal(diff)
	}
}

func TestLimitsOfAFile(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+", ", 9) + "]\n"
	}
	for name, text := range map[string]string{
		"bytes":     "a: " + strings.Repeat("x", descriptor.MaxFileBytes),
		"documents": strings.Repeat("---\na: b\n", 501),
		"nesting":   "a: " + strings.Repeat("[", 20000) + strings.Repeat("]", 20000),
		"aliases":   bomb,
		"values":    "a: [" + strings.Repeat("1,", 100_001) + "]",
		"an entity": component("x", strings.Repeat("long ", 70_000)),
		"encoding":  "a: \xff",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good, problems := descriptor.Parse([]byte(text))
			if len(good) > 0 || len(problems) == 0 {
				t.Fatalf("%d entities and problems %v", len(good), said(problems))
			}
		})
	}
}

// anyBreak is what the YAML library counts as the end of a line.
var anyBreak = regexp.MustCompile(`\r\n|[\r\n\x{85}\x{2028}\x{2029}]`)

func FuzzParseDescriptors(f *testing.F) {
	files, err := filepath.Glob("../../httpapi/testdata/backstage/fixtures/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal("no fixtures", err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Add([]byte("a: &a [*a]\n---\n<<: {}\n...\n%TAG ! !\n---\n!!binary x: ? {y: z}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		good, problems := descriptor.Parse(data)
		for _, d := range good {
			body, err := json.Marshal(d.Entity)
			if err != nil {
				t.Fatalf("an accepted entity has no JSON: %v", err)
			}
			var doc map[string]any
			if err := json.Unmarshal(body, &doc); err != nil {
				t.Fatal(err)
			}
			if _, wrong := entity.Validate(doc); len(wrong) > 0 {
				t.Fatalf("an accepted entity is not valid any more: %v", said(wrong))
			}
			if ref, err := entity.ParseFullRef(d.Entity.Ref().String()); err != nil || ref.String() != d.Entity.Ref().String() {
				t.Fatalf("the ref %s does not survive: %v", d.Entity.Ref(), err)
			}
		}
		lines := len(anyBreak.FindAll(data, -1)) + 1
		for _, p := range problems {
			if p.Line > lines || p.Message == "" {
				t.Fatalf("a problem at line %d of %d: %q", p.Line, lines, p.Message)
			}
		}
	})
}
