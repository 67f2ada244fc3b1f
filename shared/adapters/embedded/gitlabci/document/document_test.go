package document_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

func parse(t *testing.T, text string) *document.Map {
	t.Helper()
	f, err := document.Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return f.Content
}

func TestScalarsAsRubyReadsThem(t *testing.T) {
	t.Parallel()
	m := parse(t, "a: yes\nb: 'yes'\nc: off\nd: 1.10\ne: 1.0\nf: ~\ng: 0x10\nh: 2024-01-02\ni: |\n  yes\nj: null\nk: .nan\n")
	want := map[string]document.Value{
		"a": true, "b": "yes", "c": false, "d": 1.1, "e": 1.0, "f": nil, "g": int64(16), "h": "2024-01-02", "i": "yes\n", "j": nil, "k": ".nan",
	}
	for k, v := range want {
		if !reflect.DeepEqual(m.Get(k), v) {
			t.Errorf("%s = %#v, want %#v", k, m.Get(k), v)
		}
	}
	if s, _ := document.Text(m.Get("e")); s != "1.0" {
		t.Errorf("1.0 as text is %q", s)
	}
}

func TestOrderMergeKeysAndRepeatedKeys(t *testing.T) {
	t.Parallel()
	m := parse(t, "base: &b {x: 1, y: 1}\nother: &o {y: 2, z: 2}\nall: {<<: [*b, *o], y: 3, q: 4, q: 5}\n")
	all, _ := m.Get("all").(*document.Map)
	if diff := cmp.Diff([]string{"x", "y", "z", "q"}, all.Keys()); diff != "" {
		t.Error(diff)
	}
	for k, want := range map[string]int64{"x": 1, "y": 3, "z": 2, "q": 5} {
		if all.Get(k) != want {
			t.Errorf("%s = %v, want %d", k, all.Get(k), want)
		}
	}
	base, _ := m.Get("base").(*document.Map)
	if base.Len() != 2 || base.Get("y") != int64(1) {
		t.Error("the merge changed its source")
	}
}

func TestMergeLeavesItsArgumentsAlone(t *testing.T) {
	t.Parallel()
	base, over := parse(t, "a: {x: 1, l: [1]}\nb: 1"), parse(t, "a: {y: 2, l: [2]}\nb: {c: 1}")
	before, _ := document.Dump(base)
	merged, _ := document.Dump(document.Merge(base, over))
	if want := "a:\n  x: 1\n  l:\n  - 2\n  y: 2\nb:\n  c: 1\n"; merged != want {
		t.Errorf("merged = %q", merged)
	}
	if after, _ := document.Dump(base); after != before {
		t.Error("Merge changed its base")
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	f, err := document.Parse([]byte("spec: {inputs: {a: }}\n---\nj: {script: x}\n"))
	if err != nil || !f.Spec.Has("inputs") || !f.Content.Has("j") {
		t.Errorf("Parse = %+v, %v", f, err)
	}
	for _, text := range []string{"a: 1\n---\nb: 1", "spec: x\n---\nb: 1", "spec: {}\nx: 1\n---\nb: 1", "- a", "a: !ruby/object:X {}", "a: !reference x", "a: !reference [1]", "[a]: 1", "a: [", "<<: 1", "a: \"\\xff", strings.Repeat("a: {", 200)} {
		if _, err := document.Parse([]byte(text)); err == nil {
			t.Errorf("%.30q is accepted", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"a: &x {b: [1, 'yes', 2.5, ~]}\nc: *x\n<<: *x", "spec: {}\n---\na: !reference [b, c]", "a: &a [*a]", "? x\n: y", "a: |\n  yes\nb: >-\n  no", "'on': \"<<\"",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := document.Parse(data)
		if err != nil {
			return
		}
		text, err := document.Dump(file.Content)
		if err != nil {
			return
		}
		again, err := document.Parse([]byte(text))
		if err != nil {
			if len(text) > document.MaxBytes {
				return
			}
			t.Fatalf("what Dump printed can't be read: %v\n%s", err, text)
		}
		if second, _ := document.Dump(again.Content); second != text {
			t.Fatalf("not stable:\n%s\n---\n%s", text, second)
		}
	})
}
