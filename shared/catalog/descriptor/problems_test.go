package descriptor_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
)

var update = flag.Bool("update", false, "write the golden files")

func kind(name string) string { return "apiVersion: backstage.io/v1alpha1\nkind: " + name + "\n" }

// Every problem is told with the place of the field that it is about.
func TestProblemsHavePlaces(t *testing.T) {
	t.Parallel()
	spec := "spec: {type: service, lifecycle: production, owner: team-a}\n"
	head := kind("Component")
	var got strings.Builder
	for _, c := range []struct{ name, text string }{
		{"nothing", ""},
		{"comments only", "# one\n---\n# two\n...\n"},
		{"a list", "- a\n"},
		{"no YAML", "a: [b"},
		{"a tab", "a:\n\tb: c\n"},
		{"a key twice", head + "metadata: {name: x, name: y}\n" + spec},
		{"a merge key", "a: &a {b: c}\nd:\n  <<: *a\n"},
		{"not a number", "a: .nan\n"},
		{"a foreign tag", "a: !python/object x\n"},
		{"an anchor on itself", "a: &a [*a]\n"},
		{"unknown root field", head + "metadata: {name: x}\nextra: 1\n" + spec},
		{"all at once", "apiVersion: 1\nkind: 'a b'\nmetadata:\n  name: 'a b'\n  namespace: '-'\n  labels: {'a b': 1, ok: 'x y'}\n  tags: [OK, 1]\n  links: [{url: x}, 3]\nspec: []\n"},
		{"an unknown kind", strings.Replace(head, "Component", "Gadget", 1) + "metadata: {name: x}\n" + spec},
		{"a version of another kind", "apiVersion: example.com/v7\nkind: Component\nmetadata: {name: x}\n" + spec},
		{"missing and wrong fields", head + "metadata: {name: x}\nspec: {type: '', lifecycle: 2, dependsOn: [a, 1], providesApis: x}\n"},
		{"keys that differ in case", head + "metadata: {name: x, Extra: 1, extra: 2}\n" + spec},
		{"the same entity twice", component("x", "") + "---\n" + component("X", "")},
		{"documents behind odd line breaks", "a: b\u2028---\u2028c: d\n"},
		{"documents behind carriage returns", "a: b\r---\r- c\r"},
		{"the second of three", component("x", "") + "---\nkind: [\n---\n" + component("y", "")},
		{"keys that differ in case deep inside", head + "metadata: {name: x}\nspec:\n  type: a\n  lifecycle: a\n  owner: a\n  more:\n  - b: 1\n    B: 2\n"},
		{"an alias in front of its anchor's problem", "metadata: &m\n  name: x\n  tags: [Not OK]\nkind: *m\n"},
		{"a group", kind("Group") + "metadata: {name: g}\nspec:\n  type: team\n  children: [a, '', 7]\n  profile:\n    displayName: ''\n    email: 3\n  parent:\n"},
		{"a user", kind("User") + "metadata: {name: u, title: ''}\nspec:\n  profile: []\n"},
		{"a location", kind("Location") + "metadata: {name: u}\nspec:\n  presence: maybe\n  targets: ./x\n"},
		{"an MCP server", kind("API") + "metadata: {name: u}\nspec:\n  type: mcp-server\n  lifecycle: x\n  owner: x\n  remotes: []\n"},
		{"a remote of an MCP server", kind("API") + "metadata: {name: u}\nspec:\n  type: mcp-server\n  lifecycle: x\n  owner: x\n  remotes:\n  - type: http\n  - x\n"},
		{"a template", "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\nspec:\n  type: service\n  parameters:\n  - title: x\n  - 3\n  steps:\n  - id: 1\n    if: 3\n    input: []\n  - action: x\n    if: true\n  output:\n    links: [{url: ''}]\n    text: x\n    other: 7\n"},
		{"an environment", "apiVersion: aws.backstage.io/v1alpha\nkind: AWSEnvironment\nmetadata: {name: e}\nspec:\n  type: environment\n  lifecycle: production\n  dependsOn: ['component:x', 'a:b:c']\n"},
		{"a namespace in upper case", head + "metadata:\n  name: x\n  namespace: Team\n" + spec},
		{"a long key", head + "metadata:\n  name: x\n  labels:\n    ok: ok\n    " + strings.Repeat("k", 100) + ": x\n" + spec},
		{"more problems than anybody reads", head + "metadata:\n  name: x\n  tags: [" + strings.Repeat("A B, ", 10_000) + "]\n" + spec},
		{"a placeholder without anybody to read it", kind("API") + "metadata: {name: u}\nspec:\n  type: x\n  lifecycle: x\n  owner: x\n  definition:\n    $text: ./x\n"},
		{"a byte order mark", "\ufeff" + head + "metadata: {name: 7}\r\n" + spec},
		{"a NUL", "a: b\x00\n"},
	} {
		_, problems := descriptor.Parse([]byte(c.text), descriptor.Options{})
		fmt.Fprintf(&got, "# %s\n", c.name)
		for _, p := range problems {
			fmt.Fprintf(&got, "%d:%d %s\n", p.Line, p.Column, p)
		}
	}
	golden(t, "testdata/problems.golden", got.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Fatal(diff)
	}
}
