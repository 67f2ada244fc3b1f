package rawjson_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/rawjson"
)

// values gives the members of a document as they are written; the last of a name counts.
func values(doc string, pos int) (map[string]string, bool) {
	out := map[string]string{}
	o := rawjson.ObjectAt([]byte(doc), pos)
	for m, ok := o.Next(); ok; m, ok = o.Next() {
		out[string(m.Name)] = doc[m.Value:m.End]
	}
	return out, o.Whole()
}

func TestObject(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]map[string]string{
		`{}`:           {},
		" {\n}\t":      {},
		`{"a":1,"b":}`: nil,
		`{"a":"x","b":{"c":[1,"}\"]",{}]},"d":null}`: {"a": `"x"`, "b": `{"c":[1,"}\"]",{}]}`, "d": "null"},
		" { \"a\" : -1.5e3 ,\r\n\t\"b\" : [ ] } ":    {"a": "-1.5e3", "b": "[ ]"},
		`{"\u0061\"\\":true,"a":1,"a":2,"":"\\"}`:    {`a"\`: "true", "a": "2", "": `"\\"`},
		``:            nil,
		`[]`:          nil,
		`null`:        nil,
		`{"a":1`:      nil,
		`{"a":1,`:     nil,
		`{"a":1,}`:    nil,
		`{"a" 1}`:     nil,
		`{"a":{"b":1`: nil,
		`{"a":"\"`:    nil,
		`{a:1}`:       nil,
		`{"a":1 2}`:   nil,
		`{`:           nil,
		`{"`:          nil,
	} {
		got, whole := values(doc, 0)
		if whole != (want != nil) {
			t.Errorf("%s: whole is %v", doc, whole)
		}
		if d := cmp.Diff(want, got); whole && d != "" {
			t.Errorf("%s: %s", doc, d)
		}
	}
	if got, whole := values(`{"x":{"a":1}}`, 5); !whole || got["a"] != "1" {
		t.Error("an object inside", got, whole)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, quoted := range []string{
		`""`, `"abc"`, `"\"\\\/\b\f\n\r\t"`, `"\u00e4\u4E2d"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\n"`, `"\ude00\ud83d"`,
		`"\ud83d\u0041"`, "\"\xff\xfe ä \xe4\"", "\"\\n\xff\"", `"\u0000"`,
	} {
		var want string
		if err := json.Unmarshal([]byte(quoted), &want); err != nil {
			t.Fatal(err)
		}
		if got, ok := rawjson.Text([]byte(quoted)); !ok || got != want {
			t.Errorf("%s: %q, not %q", quoted, got, want)
		}
	}
	for _, other := range []string{``, `"`, `"a`, `"a"b`, `"a" `, ` "a"`, `1`, `"\"`, `null`, `{}`} {
		if got, ok := rawjson.Text([]byte(other)); ok {
			t.Errorf("%s: %q", other, got)
		}
	}
}

func TestTheSameAsDecoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := rapid.MapOfN(rapid.String(), rapid.String(), 0, 5).Draw(t, "document")
		body, err := json.MarshalIndent(doc, rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "prefix"), "  ")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		o := rawjson.ObjectAt(body, 0)
		for m, ok := o.Next(); ok; m, ok = o.Next() {
			text, isText := rawjson.Text(body[m.Value:m.End])
			if !isText || body[m.Begin] != '"' {
				t.Fatalf("%s", body[m.Begin:m.End])
			}
			got[string(m.Name)] = text
		}
		if want := valid(doc); !o.Whole() || !maps.Equal(want, got) {
			t.Fatal(cmp.Diff(want, got))
		}
	})
}

// valid gives the document as encoding/json writes it: as UTF-8.
func valid(doc map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range doc {
		out[string([]rune(k))] = string([]rune(v))
	}
	return out
}

func TestEscapesAreReadOnce(t *testing.T) {
	t.Parallel()
	for _, escape := range []string{`\n`, `\\`, `\"`} { // looking ahead from each would take minutes
		_, whole := values(`{"a":{"b":"`+strings.Repeat(escape, 2<<20)+`"}}`, 0)
		if !whole {
			t.Error(escape)
		}
	}
}

func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,"\ud83d\ude00"]}, "c" : "d"}`))
	f.Add([]byte(`{"a":1,"\`))
	f.Add([]byte(`{"":"\u00`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var want map[string]json.RawMessage
		valid := json.Unmarshal(doc, &want) == nil && want != nil
		got := map[string]bool{}
		o := rawjson.ObjectAt(doc, 0)
		for m, ok := o.Next(); ok; m, ok = o.Next() {
			name, isText := rawjson.Text(doc[m.Begin : m.Begin+len(quoted(doc[m.Begin:m.Value]))])
			if !isText {
				t.Fatalf("%q", doc[m.Begin:m.Value])
			}
			got[name] = true
			var s string
			if text, ok := rawjson.Text(doc[m.Value:m.End]); valid && (ok != (doc[m.Value] == '"') || ok && (json.Unmarshal(doc[m.Value:m.End], &s) != nil || s != text)) {
				t.Fatalf("%q: %q", doc[m.Value:m.End], text)
			}
		}
		if valid && (!o.Whole() || len(got) != len(want)) {
			t.Fatalf("%q: %v, not %d", doc, got, len(want))
		}
	})
}

// quoted cuts what follows a name's closing quote.
func quoted(upToValue []byte) []byte {
	return upToValue[:strings.LastIndexByte(string(upToValue), '"')+1]
}
