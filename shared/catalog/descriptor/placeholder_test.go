package descriptor_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const head = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: x}\nspec:\n  type: service\n  lifecycle: x\n  owner: x\n"

// files answers from a map and counts what it is asked.
type files struct {
	content map[string]string
	asked   []string
}

func (f *files) read(target string) ([]byte, error) {
	f.asked = append(f.asked, target)
	text, ok := f.content[target]
	if !ok {
		return nil, errs.New(errs.NotFound, "there is no such file")
	}
	return []byte(text), nil
}

func TestPlaceholdersStandForFiles(t *testing.T) {
	t.Parallel()
	f := &files{content: map[string]string{
		"./a.txt": "one\ntwo\n", "./a.json": `{"b": [1, null, {"$text": "./a.txt"}]}`, "./a.yaml": "# c\n---\nk: &x [yes, 2026-11-22]\nl: *x\n", "https://x.example/a": "far",
	}}
	good, problems := descriptor.Parse([]byte(head+`  text: {$text: ./a.txt}
  json:
    $json: ./a.json
  yaml: {deep: [{$yaml: ./a.yaml}, {$text: "https://x.example/a"}]}
  again: &p {$text: ./a.txt}
  alias: *p
  schema: {$ref: "#/definitions/x"}
  two: {$text: ./a.txt, other: 1}
  number: {$text: 7}
  unknown: {$openapi: ./a.yaml}
  dollar: $text
`), descriptor.Options{Read: f.read})
	if len(problems) > 0 {
		t.Fatal(said(problems))
	}
	want := map[string]any{
		"type": "service", "lifecycle": "x", "owner": "x",
		"text":  "one\ntwo\n",
		"json":  map[string]any{"b": []any{1.0, nil, map[string]any{"$text": "./a.txt"}}},
		"yaml":  map[string]any{"deep": []any{map[string]any{"k": []any{"yes", "2026-11-22"}, "l": []any{"yes", "2026-11-22"}}, "far"}},
		"again": "one\ntwo\n", "alias": "one\ntwo\n",
		"schema": map[string]any{"$ref": "#/definitions/x"}, "two": map[string]any{"$text": "./a.txt", "other": 1.0},
		"number": map[string]any{"$text": 7.0}, "unknown": map[string]any{"$openapi": "./a.yaml"}, "dollar": "$text",
	}
	if diff := cmp.Diff(want, good[0].Entity.Spec); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"./a.txt", "./a.json", "./a.yaml", "https://x.example/a"}, f.asked); diff != "" {
		t.Errorf("each is read once: %s", diff)
	}
}

func TestPlaceholdersThatFailBreakTheirOwnDocument(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 64) + strings.Repeat("]", 64)
	f := &files{content: map[string]string{
		"binary": "\xff", "nul": "a\x00b", "bad.json": `{"a": `, "two.json": `1 2`, "huge.json": `1e999`, "bad.yaml": "a: [", "two.yaml": "a: b\n---\nc: d\n", "none.yaml": "# nothing\n",
		"tag.yaml": "!x y", "deep.json": deep, "deep.yaml": deep, "self.yaml": "&a [*a]", "wide.json": "[" + strings.Repeat("0,", 100_001) + "0]", "wide.yaml": "[" + strings.Repeat("0,", 100_001) + "0]",
		"long.txt": strings.Repeat("x", 300<<10), "longer.txt": strings.Repeat("x", 2<<20+1), "long.yaml": "a: " + strings.Repeat("x", 1<<20),
	}}
	for use, want := range map[string]string{
		"$text: nope":       "$text nope: there is no such file",
		"$text: ''":         "$text : there is no such file",
		"$text: binary":     "$text binary: is not UTF-8 text",
		"$text: nul":        "$text nul: is not UTF-8 text",
		"$text: long.txt":   "the entity takes more than 307200 bytes",
		"$text: longer.txt": "$text longer.txt: all that the file brings in takes more than 2097152 bytes",
		"$json: bad.json":   "$json bad.json: is not valid JSON: unexpected end of JSON input",
		"$json: two.json":   "$json two.json: is not valid JSON: invalid character '2' after top-level value",
		"$json: huge.json":  "$json huge.json: \"1e999\" is not a number that can be kept",
		"$json: deep.json":  "$json deep.json: the document is nested deeper than 64 levels",
		"$json: wide.json":  "$json wide.json: the file holds more than 100000 values",
		"$yaml: bad.yaml":   "$yaml bad.yaml: the document is not valid YAML: did not find expected node content",
		"$yaml: two.yaml":   "$yaml two.yaml: holds 2 YAML documents, not one",
		"$yaml: none.yaml":  "$yaml none.yaml: holds 0 YAML documents, not one",
		"$yaml: tag.yaml":   "$yaml tag.yaml: the tag !x is not supported",
		"$yaml: deep.yaml":  "$yaml deep.yaml: the document is nested deeper than 64 levels",
		"$yaml: self.yaml":  "$yaml self.yaml: the document is nested deeper than 64 levels",
		"$yaml: wide.yaml":  "$yaml wide.yaml: the file holds more than 100000 keys and values",
		"$yaml: long.yaml":  "$yaml long.yaml: takes more than 1048576 bytes",
	} {
		good, problems := descriptor.Parse([]byte(component("before", "")+"---\n"+head+"  data: {"+use+"}\n---\n"+component("after", "")), descriptor.Options{Read: f.read})
		if len(good) != 2 || len(problems) != 1 || problems[0].Message != want || problems[0].Ref != "component:default/x" || problems[0].Document != 2 {
			t.Errorf("%s: %d good, problems %q, want %q", use, len(good), said(problems), want)
			continue
		}
		if !strings.Contains(want, "the entity takes") && (problems[0].Line != 13 || problems[0].Pointer != "/spec/data") {
			t.Errorf("%s: at line %d, %s", use, problems[0].Line, problems[0].Pointer)
		}
	}
}

func TestPlaceholdersAreCounted(t *testing.T) {
	t.Parallel()
	text := head
	for i := range 101 {
		text += fmt.Sprintf("  d%d: {$text: f%d}\n", i, i)
	}
	asked := 0
	_, problems := descriptor.Parse([]byte(text), descriptor.Options{Read: func(string) ([]byte, error) { asked++; return nil, nil }})
	if len(problems) != 1 || problems[0].Message != "$text f100: the file names more than 100 others" || asked != 100 {
		t.Errorf("%d asked, %q", asked, said(problems))
	}
}

func TestWhatAReaderKeepsToItselfIsNotTold(t *testing.T) {
	t.Parallel()
	_, problems := descriptor.Parse([]byte(head+"  d: {$text: x}\n"), descriptor.Options{Read: func(string) ([]byte, error) { return nil, errors.New("password=hunter2") }})
	if len(problems) != 1 || strings.Contains(problems[0].Message, "hunter2") {
		t.Errorf("%q", said(problems))
	}
}

func FuzzPlaceholders(f *testing.F) {
	f.Add("  a: {$text: x}\n", "text")
	f.Add("  a: {$json: x}\n  b: [&a {$json: x}, *a]\n", `{"a": [1, {"b": null}]}`)
	f.Add("  a: {$yaml: x}\n", "a: &a [1]\nb: *a\n")
	f.Add("  a: {$yaml: x}\n---\n$text: x\n", "--- |\n x\n...\n")
	f.Fuzz(func(t *testing.T, fields, content string) {
		reads := 0
		good, problems := descriptor.Parse([]byte(head+fields), descriptor.Options{Read: func(string) ([]byte, error) { reads++; return []byte(content), nil }})
		if reads > 100 {
			t.Fatalf("%d reads", reads)
		}
		for _, d := range good {
			body, err := entity.Canonical(d.Entity)
			if err != nil || len(body) > 300<<10 || !utf8.Valid(body) {
				t.Fatalf("an entity of %d bytes: %v", len(body), err)
			}
		}
		for _, p := range problems {
			if p.Message == "" || p.Line < 0 {
				t.Fatalf("%+v", p)
			}
		}
	})
}
