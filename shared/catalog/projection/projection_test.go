package projection_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/catalog/projection"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const lookup = `{"apiVersion":"backstage.io/v1alpha1","kind":"Component",` +
	`"metadata":{"annotations":{"example.com/CamelCase":"v","example":{"com/CamelCase":"deep"},"a":"short"},` +
	`"description":"a \"quoted\" } text","name":"artist-lookup","tags":["java","go"]},` +
	`"relations":[{"targetRef":"group:default/a","type":"ownedBy"}],"spec":{"empty":{},"none":null,"on":true,"weight":1.5}}`

func TestFields(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		"kind,metadata.name":                         `{"kind":"Component","metadata":{"name":"artist-lookup"}}`,
		"metadata.name , kind":                       `{"kind":"Component","metadata":{"name":"artist-lookup"}}`,
		"foo.bar,metadata.name":                      `{"metadata":{"name":"artist-lookup"}}`,
		"metadata.tags":                              `{"metadata":{"tags":["java","go"]}}`,
		"relations.type":                             `{}`,
		"metadata.annotations.example.com/CamelCase": `{"metadata":{"annotations":{"example.com/CamelCase":"v"}}}`,
		"metadata.annotations.example.com/camelcase": `{}`,
		"Kind,METADATA.name":                         `{}`,
		"metadata.description.text":                  `{}`,
		"spec.none,spec.on,spec.weight,spec.empty":   `{"spec":{"empty":{},"none":null,"on":true,"weight":1.5}}`,
		"spec.empty.x":                               `{}`,
		"metadata.name,spec,spec.on":                 `{"metadata":{"name":"artist-lookup"},"spec":{"empty":{},"none":null,"on":true,"weight":1.5}}`,
		"spec.on,spec":                               `{"spec":{"empty":{},"none":null,"on":true,"weight":1.5}}`,
		"metadata.annotations.example":               `{"metadata":{"annotations":{"example":{"com/CamelCase":"deep"}}}}`,
		".,..,metadata.,.name":                       `{}`,
		"":                                           lookup,
		" , ":                                        lookup,
	} {
		p, err := projection.Parse([]string{fields})
		if err != nil {
			t.Errorf("%s: %v", fields, err)
		}
		for range 2 { // what is left of the first time must not matter
			if got := string(p.Append([]byte("before "), []byte(lookup))); got != "before "+want {
				t.Errorf("%s: %s", fields, got)
			}
		}
	}
}

func TestFieldsThatAreRefused(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 501 {
		fmt.Fprintf(&many, "f%d,", i)
	}
	for text, want := range map[string]string{
		"relations[0].type": `Invalid field "relations[0].type", array type fields are not supported`,
		"kind,x[":           `Invalid field "x[", array type fields are not supported`,
		many.String():       "Invalid fields, at most 500 can be chosen",
	} {
		_, err := projection.Parse([]string{"kind", text})
		if errs.KindOf(err) != errs.Invalid || errs.Message(err) != want {
			t.Errorf("%.40s: %v", text, err)
		}
	}
	if p, err := projection.Parse([]string{strings.Repeat("kind,", 10_000)}); err != nil || string(p.Append(nil, []byte(`{"kind":1}`))) != `{"kind":1}` {
		t.Error("the same field many times is one field", err)
	}
}

// naive is the meaning of the parameter, on decoded documents.
func naive(doc map[string]any, paths []string) map[string]any {
	out := map[string]any{}
	for _, path := range paths {
		keep(out, doc, path)
	}
	return out
}

// keep copies what a path leads to: the whole path if it is a name, else through the
// shortest beginning that names an object with what is left in it.
func keep(out, from map[string]any, path string) bool {
	if v, ok := from[path]; ok {
		out[path] = v
		return true
	}
	for i := range len(path) {
		inner, ok := from[path[:i]].(map[string]any)
		if path[i] != '.' || !ok {
			continue
		}
		below, had := out[path[:i]].(map[string]any)
		if !had {
			below = map[string]any{}
		}
		if keep(below, inner, path[i+1:]) {
			out[path[:i]] = below
			return true
		}
	}
	return false
}

// names are few and overlap, so that paths are ambiguous.
var names = []string{"a", "b", "a.a", "a.b", "a.b.a", ".", "", "ä\u2028\"\\", "a\n"}

func documents(depth int) *rapid.Generator[map[string]any] {
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Just[any](true), rapid.Just[any](-1.5e9),
		rapid.SampledFrom([]any{"", "}", `"{`, `\`, "a,\"b\":1", []any{}, []any{map[string]any{"a": "]"}}}))
	value := leaf
	if depth > 0 {
		value = rapid.OneOf(leaf, rapid.Map(documents(depth-1), func(m map[string]any) any { return m }))
	}
	return rapid.MapOfN(rapid.SampledFrom(names), value, 0, 5)
}

func TestTheSameAsOnDecodedDocuments(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := documents(3).Draw(t, "document")
		steps := rapid.SliceOfN(rapid.SampledFrom(names), 1, 4)
		paths := rapid.SliceOfN(rapid.Map(steps, func(s []string) string { return strings.Join(s, ".") }), 1, 5).Draw(t, "paths")
		// Spaces around a path are no part of it, nor can a path be empty.
		wanted := []string{}
		for _, p := range paths {
			if p = strings.TrimSpace(p); p != "" {
				wanted = append(wanted, p)
			}
		}
		p, err := projection.Parse(paths)
		if err != nil {
			t.Fatal(err)
		}
		body, want := encoded(t, doc), doc
		if len(wanted) > 0 {
			want = naive(doc, wanted)
		}
		got := p.Append(nil, body)
		var decoded map[string]any
		if err := json.Unmarshal(got, &decoded); err != nil {
			t.Fatalf("%v: %s", err, got)
		}
		if d := cmp.Diff(want, decoded); d != "" {
			t.Fatalf("%s\n%q: %s", body, paths, d)
		}
		if again := encoded(t, decoded); !bytes.Equal(again, got) {
			t.Fatalf("not as canonical as the document: %s", got)
		}
	})
}

func encoded(t interface{ Fatal(args ...any) }, v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

func FuzzAppend(f *testing.F) {
	f.Add("kind,metadata.name", []byte(lookup))
	f.Add("a.b.a", []byte(`{"a":{"b":{"a":1}},"a.b":{"a":[]}}`))
	f.Add("a", []byte(" {\n\t\"\\u0061\" : [1, {}] , \"b\" : null }\r\n"))
	f.Add("a", []byte(`{"a":{"a":`))
	f.Add("a.b", []byte(`{"a":}`))
	f.Add("a", []byte(`{"a" 1,"\`))
	f.Fuzz(func(t *testing.T, fields string, doc []byte) {
		p, err := projection.Parse([]string{fields})
		if err != nil {
			return
		}
		got := p.Append(nil, doc)
		if p == nil || !json.Valid(doc) || bytes.TrimSpace(doc)[0] != '{' {
			return
		}
		if !json.Valid(got) || len(got) > max(2, len(doc)) {
			t.Fatalf("%q of %s: %s", fields, doc, got)
		}
	})
}

func TestEscapesAreReadOnce(t *testing.T) {
	t.Parallel()
	p, err := projection.Parse([]string{"b"})
	if err != nil {
		t.Fatal(err)
	}
	for _, escape := range []string{`\n`, `\\`, `\"`} {
		doc := `{"a":"` + strings.Repeat(escape, 2<<20) + `","b":1}` // would take minutes if each were looked ahead of
		if got := string(p.Append(nil, []byte(doc))); got != `{"b":1}` {
			t.Errorf("%s: %.40s", escape, got)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	wide := strings.Replace(lookup, `"a":"short"`, `"a":"`+strings.Repeat("https://gitlab.example.com/x ", 50)+`"`, 1)
	for _, fields := range []string{"metadata.name", "kind,metadata.namespace,metadata.name,metadata.title,spec.on"} {
		b.Run(fields, func(b *testing.B) {
			p, err := projection.Parse([]string{fields})
			if err != nil {
				b.Fatal(err)
			}
			doc, dst := []byte(wide), make([]byte, 0, 8<<10)
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				dst = p.Append(dst[:0], doc)
			}
		})
	}
}
