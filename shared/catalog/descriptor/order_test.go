package descriptor_test

import (
	"encoding/json"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
)

const unsorted = `kind: Template
apiVersion: scaffolder.backstage.io/v1beta3
metadata: {title: T, name: Mine}
spec:
  type: service
  zeta: &z {b: 1, a: 2}
  alpha: [{y: 1, x: 2}, text, *z]
  parameters: {$yaml: ./form.yaml}
  more: [{$json: more.json}, {$text: note.txt}, {$json: more.json}]
  steps: [{input: {b: 1, a: 2}, id: s, action: "debug:log"}]
`

const unsortedJSON = `{"kind":"Template","apiVersion":"scaffolder.backstage.io/v1beta3","metadata":{"title":"T","name":"Mine"},` +
	`"spec":{"type":"service","zeta":{"b":1,"a":2},"alpha":[{"y":1,"x":2},"text",{"b":1,"a":2}],"parameters":{"properties":{"z":{},"a":{}}},` +
	`"more":[{"d":1,"c":[{"f":1,"e":2}]},"so",{"d":1,"c":[{"f":1,"e":2}]}],"steps":[{"input":{"b":1,"a":2},"id":"s","action":"debug:log"}]}}`

func TestTheOrderOfKeysIsThatOfTheFile(t *testing.T) {
	t.Parallel()
	f := &files{content: map[string]string{"./form.yaml": "properties:\n  z: {}\n  a: {}\n", "more.json": `{"d":1,"c":[{"f":1,"e":2}]}`, "note.txt": "so"}}
	for name, file := range map[string]string{
		"alone": unsorted, "behind another": component("x", "") + "---\n" + unsorted, "of a Windows editor": strings.ReplaceAll(unsorted, "\n", "\r\n"),
	} {
		good, problems := descriptor.Parse([]byte(file), descriptor.Options{Read: f.read})
		if len(problems) > 0 || len(good) == 0 {
			t.Fatal(name, problems)
		}
		if got, err := json.Marshal(good[len(good)-1].Entity); err != nil || string(got) != unsortedJSON {
			t.Errorf("%s: %v\ngot  %s\nwant %s", name, err, got, unsortedJSON)
		}
	}
}

// written is a value with its keys in an order, as JSON and as YAML.
func written(depth int) *rapid.Generator[*yaml.Node] {
	return rapid.Custom(func(t *rapid.T) *yaml.Node {
		kind := rapid.SampledFrom([]yaml.Kind{yaml.ScalarNode, yaml.MappingNode, yaml.SequenceNode}).Draw(t, "kind")
		if depth == 0 || kind == yaml.ScalarNode {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: rapid.StringMatching("[a-z ]{0,3}").Draw(t, "text")}
		}
		n := &yaml.Node{Kind: kind, Style: rapid.SampledFrom([]yaml.Style{0, yaml.FlowStyle}).Draw(t, "style")}
		if kind == yaml.SequenceNode {
			n.Content = rapid.SliceOfN(written(depth-1), 0, 3).Draw(t, "items")
			return n
		}
		for _, key := range rapid.SliceOfNDistinct(rapid.StringMatching("[a-z]{1,2}"), 0, 5, rapid.ID[string]).Draw(t, "keys") {
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: key}, written(depth-1).Draw(t, "value"))
		}
		return n
	})
}

// asJSON writes a node that written has made.
func asJSON(n *yaml.Node) string {
	var parts []string
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			parts = append(parts, asJSON(c)+":"+asJSON(n.Content[i+1]))
		} else if n.Kind == yaml.SequenceNode {
			parts = append(parts, asJSON(c))
		}
	}
	switch n.Kind {
	case yaml.MappingNode:
		return "{" + strings.Join(parts, ",") + "}"
	case yaml.SequenceNode:
		return "[" + strings.Join(parts, ",") + "]"
	}
	return `"` + n.Value + `"`
}

func TestAnyOrderIsKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := written(4).Draw(t, "value")
		block, err := yaml.Marshal(map[string]any{"x": n})
		if err != nil {
			t.Fatal(err)
		}
		head := "apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {name: x}\nspec:\n  type: t\n  owner: o\n"
		for _, file := range []string{head + "  " + strings.ReplaceAll(string(block), "\n", "\n  "), head + `  x: ` + asJSON(n) + "\n"} {
			good, problems := descriptor.Parse([]byte(file), descriptor.Options{})
			if len(problems) > 0 {
				t.Fatal(file, problems)
			}
			body, err := json.Marshal(good[0].Entity)
			if want := `{"type":"t","owner":"o","x":` + asJSON(n) + `}}`; err != nil || !strings.HasSuffix(string(body), want) {
				t.Fatalf("%s\ngot  %s\nwant %s", file, body, want)
			}
		}
	})
}
