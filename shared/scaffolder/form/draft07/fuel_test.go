package draft07_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/scaffolder/form/draft07"
)

// TestHostileSchemasEnd has pairs that would take minutes, or for ever.
func TestHostileSchemasEnd(t *testing.T) {
	t.Parallel()
	doubling := `"d0": {"const": 1}`
	for i := 1; i < 40; i++ {
		doubling += fmt.Sprintf(`, "d%d": {"anyOf": [{"$ref": "#/definitions/d%d"}, {"$ref": "#/definitions/d%d"}]}`, i, i-1, i-1)
	}
	for name, c := range map[string]struct{ schema, value string }{
		"a doubling":   {`{"oneOf": [{"$ref": "#/definitions/d39"}], "definitions": {` + doubling + `}}`, `0`},
		"long texts":   {`{"items": {"allOf": [` + strings.Repeat(`{"pattern": "(a|aa)+$"}, `, 200) + `{}]}}`, `[` + strings.Repeat(`"`+strings.Repeat("a", 1000)+`", `, 200) + `1]`},
		"long formats": {`{"items": {"allOf": [` + strings.Repeat(`{"format": "email"}, `, 200) + `{}]}}`, `[` + strings.Repeat(`"`+strings.Repeat("a", 1000)+`", `, 200) + `1]`},
		"many names":   {`{"patternProperties": {` + strings.Repeat(`"a": {}, `, 1) + many(`"%d": {}`, 1000) + `}}`, `{` + many(`"%d": 1`, 20_000) + `}`},
		"many entries": {`{"items": {"enum": [` + many(`%d`, 5000) + `]}, "allOf": [` + strings.Repeat(`{"uniqueItems": true}, `, 2000) + `{}]}`, `[` + many(`%d`, 20_000) + `]`},
	} {
		s, err := compile(decoded(t, c.schema))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		begun := time.Now()
		if _, err := s.Validate(decoded(t, c.value)); !errors.Is(err, draft07.ErrFuel) {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %v", name, time.Since(begun))
	}
}

func many(form string, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(form, i)
	}
	return strings.Join(list, ", ")
}

func decoded(t testing.TB, document string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestManyEntriesAreCompared: that entries are unique takes no longer than to read them.
func TestManyEntriesAreCompared(t *testing.T) {
	t.Parallel()
	s, err := compile(decoded(t, `{"uniqueItems": true}`))
	if err != nil {
		t.Fatal(err)
	}
	for last, unique := range map[string]bool{`"x"`: true, `49999.0`: false, `-0`: false} {
		found, err := s.Validate(decoded(t, `[`+many(`%d`, 50_000)+`, `+last+`]`))
		if err != nil || (len(found) == 0) != unique {
			t.Errorf("%s: %v, %v", last, told(found), err)
		}
	}
}

// FuzzCompile holds: no schema and no value makes it panic, and both end within their fuel.
func FuzzCompile(f *testing.F) {
	f.Add(`{"$ref": "#"}`, `{}`)
	f.Add(`{"properties": {"a": {"$ref": "#/definitions/b"}}, "definitions": {"b": {"not": {"$ref": "#"}}}}`, `{"a": {"a": 1}}`)
	f.Add(`{"items": [true, {"if": {"type": "string"}, "then": {"pattern": "a"}, "else": false}], "additionalItems": {"multipleOf": 1e-300}}`, `[1, "b", 1e300]`)
	f.Add(`{"patternProperties": {"^a": {"enum": [1]}}, "propertyNames": {"$ref": "#/x/0"}, "x": [{"maxLength": 1e300}]}`, `{"ab": 1}`)
	f.Add(`{"dependencies": {"a": ["b"], "b": {"oneOf": [{"format": "regex"}, {"contains": {"uniqueItems": true}}]}}}`, `{"a": [], "b": [[0, -0]]}`)
	f.Fuzz(func(t *testing.T, schema, value string) {
		var s, v any
		if json.Unmarshal([]byte(schema), &s) != nil || json.Unmarshal([]byte(value), &v) != nil {
			t.Skip()
		}
		compiled, err := compile(s)
		if err != nil {
			return
		}
		found, err := compiled.Validate(v)
		if err != nil && len(found) > 0 {
			t.Errorf("%v with %v", told(found), err)
		}
		again, _ := compiled.Validate(v)
		if fmt.Sprint(told(again)) != fmt.Sprint(told(found)) {
			t.Errorf("%v, then %v", told(found), told(again))
		}
	})
}
