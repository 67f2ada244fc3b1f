package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const applicationPage = `{
  "required": ["name", "owner"],
  "properties": {
    "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$", "minLength": 3, "maxLength": 30, "ui:autofocus": true},
    "owner": {"type": "string", "ui:field": "OwnerPicker", "ui:options": {"catalogFilter": {"kind": "Group"}}},
    "contact": {"type": "string", "format": "email"},
    "port": {"type": "integer", "minimum": 1024, "maximum": 65535, "default": 8080},
    "environments": {"type": "array", "items": {"type": "string"}, "uniqueItems": true, "default": ["dev"]},
    "options": {"type": "object", "properties": {"size": {"type": "string", "enum": ["s", "m"], "default": "s"}}, "default": {}}
  }
}`

const databasePage = `{
  "properties": {"database": {"type": "boolean", "default": false}, "engine": {"type": "string", "enum": ["postgres", "none"]}},
  "dependencies": {
    "database": {"oneOf": [
      {"properties": {"database": {"enum": [false]}}},
      {"properties": {"database": {"enum": [true]}, "size": {"type": "integer", "minimum": 5, "default": 20}, "user": {"type": "string"}}, "required": ["user"]}
    ]}
  },
  "if": {"properties": {"engine": {"const": "postgres"}}, "required": ["engine"]},
  "then": {"properties": {"version": {"type": "string"}}, "required": ["version"]}
}`

func newForm(t testing.TB, pages ...string) *Form {
	t.Helper()
	f, err := New(Config{Pages: decodePages(t, pages...), Pointer: "/values"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func decodePages(t testing.TB, pages ...string) []map[string]any {
	t.Helper()
	var list []map[string]any
	for _, p := range pages {
		var schema map[string]any
		if err := json.Unmarshal([]byte(p), &schema); err != nil {
			t.Fatal(err)
		}
		list = append(list, schema)
	}
	return list
}

func values(t testing.TB, document string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestValidateFillsInDefaults(t *testing.T) {
	t.Parallel()
	given := values(t, `{"name": "orders", "owner": "group:default/shop", "database": true, "user": "app"}`)
	got, err := newForm(t, applicationPage, databasePage).Validate(given)
	if err != nil {
		t.Fatal(err)
	}
	want := values(t, `{"name": "orders", "owner": "group:default/shop", "database": true, "user": "app", "size": 20,
		"port": 8080, "environments": ["dev"], "options": {"size": "s"}}`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(given) != 4 {
		t.Errorf("the caller's values were changed: %v", given)
	}
}

func TestValidateNamesEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	_, err := newForm(t, applicationPage, databasePage).Validate(values(t, `{
		"name": "X", "contact": "nobody", "port": 80.5, "environments": ["a", "a", 3], "options": {"size": "xl"},
		"database": true, "size": 1, "engine": "postgres", "surprise": 1, "a/b": 2}`))
	want := []errs.Field{
		{Pointer: "/values/a~1b", Message: "is not a value that this template asks for"},
		{Pointer: "/values/contact", Message: "must be a valid e-mail address"},
		{Pointer: "/values/environments", Message: "must not repeat entries: 1 and 2 are the same"},
		{Pointer: "/values/environments/2", Message: "must be text"},
		{Pointer: "/values/name", Message: "must have at least 3 characters"},
		{Pointer: "/values/name", Message: "must match the pattern ^[a-z][a-z0-9-]*$"},
		{Pointer: "/values/options/size", Message: "must be one of s, m"},
		{Pointer: "/values/owner", Message: "is required"},
		{Pointer: "/values/port", Message: "must be a whole number"},
		{Pointer: "/values/size", Message: "must be 5 or more"},
		{Pointer: "/values/surprise", Message: "is not a value that this template asks for"},
		{Pointer: "/values/user", Message: "is required"},
		{Pointer: "/values/version", Message: "is required"},
	}
	if !errors.Is(err, errs.Invalid) {
		t.Fatalf("got %v, want Invalid", err)
	}
	byText := cmp.Transformer("byText", func(f errs.Field) string { return f.Pointer + " " + f.Message })
	if diff := cmp.Diff(want, errs.Fields(err), byText); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestErrorsNeverRepeatWhatWasSubmitted(t *testing.T) {
	t.Parallel()
	f := newForm(t, `{"properties": {"token": {"type": "string", "pattern": "^a+$", "maxLength": 3, "format": "email", "enum": ["x"], "not": {}}}}`)
	_, err := f.Validate(map[string]any{"token": "hunter2-secret"})
	text, _ := json.Marshal(errs.Fields(err))
	if err == nil || strings.Contains(string(text)+err.Error(), "hunter2") {
		t.Errorf("got %v %s", err, text)
	}
}

func TestPagesDoNotSeeEachOthersValues(t *testing.T) {
	t.Parallel()
	f := newForm(t, `{"properties": {"a": {}}, "additionalProperties": false}`, `{"properties": {"b": {}}, "additionalProperties": false}`)
	if _, err := f.Validate(map[string]any{"a": 1, "b": 2}); err != nil {
		t.Error(err)
	}
	for name, rule := range map[string]string{
		"a list of what depends": `"dependencies": {"a": ["third"]}`, "a condition": `"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}`, "a number of values": `"minProperties": 3`,
	} {
		both := newForm(t, `{"properties": {"a": {}, "third": {}}}`, `{"properties": {"b": {}}, `+rule+`}`)
		if _, err := both.Validate(map[string]any{"a": 1, "third": 2, "b": 3}); err != nil {
			t.Errorf("%s over values of another page: %v", name, err)
		}
	}
	open := newForm(t, `{"additionalProperties": true}`)
	if _, err := open.Validate(map[string]any{"anything": 1}); err != nil {
		t.Error(err)
	}
}

func TestTimesOfADay(t *testing.T) {
	t.Parallel()
	f := newForm(t, `{"properties": {"at": {"format": "time"}}}`)
	for at, valid := range map[any]bool{"12:00:00": true, "12:00:00Z": true, "23:59:59.5+02:00": true, 1.0: true, "12:00": false, "25:00:00": false, "": false, "12:00:00Zx": false} {
		if _, err := f.Validate(map[string]any{"at": at}); (err == nil) != valid {
			t.Errorf("%v: %v", at, err)
		}
	}
}

func TestSchemasThatAreRefused(t *testing.T) {
	t.Parallel()
	doubling := `"d0": {"type": "string"}`
	for i := 1; i < 40; i++ {
		doubling += fmt.Sprintf(`, "d%d": {"allOf": [{"$ref": "#/definitions/d%d"}, {"$ref": "#/definitions/d%d"}]}`, i, i-1, i-1)
	}
	for name, schema := range map[string]string{
		"a file":             `{"$ref": "file:///etc/passwd"}`,
		"another host":       `{"properties": {"a": {"$ref": "http://169.254.169.254/latest/meta-data"}}}`,
		"a reference lost":   `{"properties": {"a": {"$ref": "#/definitions/none"}}}`,
		"wrong type keyword": `{"properties": {"a": {"type": "strnig"}}}`,
		"a broken pattern":   `{"properties": {"a": {"type": "string", "pattern": "(("}}}`,
		"a doubling":         `{"properties": {"a": {"$ref": "#/definitions/d39"}}, "definitions": {` + doubling + `}}`,
		"a doubling cycle":   `{"allOf": [{"$ref": "#"}, {"$ref": "#"}]}`,
		"a doubling default": `{"properties": {"a": {"$ref": "#", "default": {}}, "b": {"$ref": "#", "default": {}}}}`,
		"a doubling by use":  `{"properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}}`,
	} {
		if _, err := New(Config{Pages: decodePages(t, schema)}); !errors.Is(err, errs.Invalid) && !errors.Is(err, errs.TooLarge) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestValidateRefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	f := newForm(t, `{"properties": {"a": {}, "tree": {"$ref": "#/definitions/node"}}, "definitions": {"node": {"properties": {"next": {"$ref": "#/definitions/node"}}}}}`)
	deep := map[string]any{}
	for range 2 * MaxDepth {
		deep = map[string]any{"next": deep}
	}
	for name, v := range map[string]any{"bytes": strings.Repeat("x", MaxBytes), "depth": deep} {
		if _, err := f.Validate(map[string]any{"a": v}); !errors.Is(err, errs.TooLarge) {
			t.Errorf("%s: got %v, want TooLarge", name, err)
		}
	}
	if _, err := f.Validate(map[string]any{"a": func() {}}); !errors.Is(err, errs.Invalid) {
		t.Errorf("a function: got %v, want Invalid", err)
	}
	if _, err := f.Validate(nil); err != nil {
		t.Errorf("no values: %v", err)
	}
}

func TestDraft07WhateverTheSchemaSays(t *testing.T) {
	t.Parallel()
	f := newForm(t, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/x",
		"properties": {"a": {}, "b": {}}, "dependencies": {"a": ["b"]}}`)
	_, err := f.Validate(map[string]any{"a": 1})
	want := []errs.Field{{Pointer: "/values/b", Message: `is required when "a" is given`}}
	if diff := cmp.Diff(want, errs.Fields(err)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestChoicesExplainTheBranchThatWasMeant(t *testing.T) {
	t.Parallel()
	f := newForm(t, `{"properties": {"store": {"oneOf": [
		{"properties": {"kind": {"const": "sql"}, "rows": {"type": "integer"}}, "required": ["kind", "rows"]},
		{"properties": {"kind": {"const": "files"}, "bucket": {"type": "string"}}, "required": ["kind", "bucket"]}]},
		"both": {"oneOf": [{}, {}]}, "id": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}}}`)
	_, err := f.Validate(values(t, `{"store": {"kind": "files"}, "both": 1, "id": "x"}`))
	want := []errs.Field{
		{Pointer: "/values/both", Message: "fits more than one of the choices; it must fit exactly one"},
		{Pointer: "/values/id", Message: "fits none of the choices"},
		{Pointer: "/values/store/bucket", Message: "is required"},
	}
	if diff := cmp.Diff(want, errs.Fields(err)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func FuzzForm(f *testing.F) {
	f.Add(applicationPage, `{"name": "orders"}`)
	f.Add(databasePage, `{"database": true, "engine": "postgres"}`)
	f.Add(`{"allOf": [{"$ref": "#"}]}`, `{}`)
	f.Add(`{"properties": {"a": {"$ref": "#"}}}`, `{"a": {"a": {"a": 1}}}`)
	f.Fuzz(func(t *testing.T, schema, submitted string) {
		var s, v map[string]any
		if json.Unmarshal([]byte(schema), &s) != nil || json.Unmarshal([]byte(submitted), &v) != nil {
			t.Skip()
		}
		form, err := New(Config{Pages: []map[string]any{s}})
		if err != nil {
			return
		}
		filled, err := form.Validate(v)
		if (filled == nil) == (err == nil) {
			t.Errorf("values %v with error %v", filled, err)
		}
	})
}
