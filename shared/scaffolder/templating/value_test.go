package templating

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestScopeTakesPlainData(t *testing.T) {
	t.Parallel()
	e := newEngine(t, Config{})
	scope := map[string]any{
		"numbers": []any{1, int32(2), int64(3), uint64(4), float32(5), json.Number("6")},
		"words":   []string{"a", "b"},
		"labels":  map[string]string{"z": "1", "a": "2"},
		"objects": []map[string]any{{"n": 1}},
		"ordered": Object{{"z", 1}, {"a", 2}},
		"always":  Returns{true},
	}
	for src, want := range map[string]string{
		"${{ numbers }}":        "1,2,3,4,5,6",
		"${{ words }}":          "a,b",
		"${{ labels | dump }}":  `{"a":"2","z":"1"}`,
		"${{ objects | dump }}": `[{"n":1}]`,
		"${{ ordered | dump }}": `{"z":1,"a":2}`,
		"${{ always() }}":       "true",
	} {
		if got, err := e.Render(t.Context(), "scope", src, scope); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", src, got, err, want)
		}
	}
}

func TestValueGivesPlainGoData(t *testing.T) {
	t.Parallel()
	e := newEngine(t, Config{})
	scope := map[string]any{"o": Object{{"list", []any{1.5, nil, true}}, {"text", "x"}}}
	got, err := e.Value(t.Context(), "v", "${{ o }}", scope)
	want := any(Object{{"list", []any{1.5, nil, true}}, {"text", "x"}})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestObjectKeepsTheOrderOfItsKeys(t *testing.T) {
	t.Parallel()
	const document = `{"z":1,"a":{"y":[{"d":1,"c":"<\u2028"}],"b":null}}`
	v, err := ParseJSON([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(v)
	if err != nil || string(body) != strings.ReplaceAll(document, "<", `\u003c`) {
		t.Errorf("%s, %v", body, err)
	}
	if o := v.(Object); o.Get("z") != 1.0 || o.Get("none") != nil {
		t.Errorf("members of %v", o)
	}
	if _, err := json.Marshal(Object{{"a", func() {}}}); err == nil {
		t.Error("a function has a JSON form")
	}
}

func TestParseJSON(t *testing.T) {
	t.Parallel()
	got, err := ParseJSON([]byte(`{"b": [1, null, {}], "a": {"x": "y"}}`))
	want := Object{{"b", []any{1.0, nil, Object{}}}, {"a", Object{{"x", "y"}}}}
	if diff := cmp.Diff(any(want), got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	deep := make([]byte, 10_000)
	for i := range deep {
		deep[i] = '['
	}
	for _, bad := range []string{"", "{", "[1", `{"a"`, `{"a":1}x`, "1 2", "tru", string(deep)} {
		if v, err := ParseJSON([]byte(bad)); !errors.Is(err, errs.Invalid) {
			t.Errorf("%.20q: got %v, %v", bad, v, err)
		}
	}
}

// Nunjucks writes JavaScript without parentheses, so JavaScript's precedence decides.
func TestPrecedenceIsJavaScripts(t *testing.T) {
	t.Parallel()
	e := newEngine(t, Config{})
	for src, want := range map[string]string{
		"1 ~ 2 + 3":          "123",
		"not 1 + 1":          "1",
		"not 1 == 2":         "false",
		"not (1 == 2)":       "true",
		"6 * 2 / 3":          "4",
		"7 * 3 % 2":          "1",
		"2 ** 3 ** 2":        "64",
		"10 - 2 - 3":         "5",
		"10 - 2 + 3":         "11",
		"-2 ** 2":            "4",
		"7 // 2 * 2":         "6",
		"1 < 2 == 2 > 1":     "true",
		"1 if 0 or 2 else 3": "1",
		"not 'a' in 'b'":     "true",
		"1 + 1 in [2]":       "true",
		"3 is odd and 1":     "1",
	} {
		if got, err := e.Render(t.Context(), "p", "${{ "+src+" }}", nil); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", src, got, err, want)
		}
	}
}
