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

func TestNeighboursOfABadDocumentAreGood(t *testing.T) {
	t.Parallel()
	good, problems := descriptor.Parse([]byte("%YAML 1.2\n---\n"+component("x", "")+"---\nkind: [\n---\n"+component("y", "")+"...\n"), descriptor.Options{})
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
`), descriptor.Options{})
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
			good, problems := descriptor.Parse([]byte(text), descriptor.Options{})
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
		good, problems := descriptor.Parse(data, descriptor.Options{})
		for _, d := range good {
			body, err := json.Marshal(d.Entity)
			if err != nil {
				t.Fatalf("an accepted entity has no JSON: %v", err)
			}
			var doc map[string]any
			if err := json.Unmarshal(body, &doc); err != nil {
				t.Fatal(err)
			}
			if _, wrong := entity.Builtin().Validate(doc); len(wrong) > 0 {
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
