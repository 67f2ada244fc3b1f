package form_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/form"
)

func decode(t *testing.T, document string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestEveryRuleIsTold has a value for each rule that breaks it: clients that read violations
// take a form without any for one that fits.
func TestEveryRuleIsTold(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`"type": ["integer", "null"]`: "is not of a type(s) integer,null",
		`"enum": ["b", null]`:         "is not one of enum values: b,null",
		`"const": "b"`:                "does not exactly match expected constant: b",
		`"format": "email"`:           `does not conform to the "email" format`,
		`"pattern": "^b"`:             `does not match pattern "^b"`,
		`"minLength": 5`:              "does not meet minimum length of 5",
		`"not": {"type": "string"}`:   "is of prohibited type [object Object]",
		`"allOf": [false]`:            "is not allowed here",
		`"anyOf": [{"title": "A", "maxLength": 1}, false]`:  `is not any of "A",[subschema 1]`,
		`"oneOf": [true, {"$ref": "#/definitions/any"}]`:    "is not exactly one from [subschema 0],<#/definitions/any>",
		`"if": {"minLength": 1}, "then": {"maxLength": 2}`:  "does not meet maximum length of 2",
		`"if": {"minLength": 9}, "else": {"maxLength": 2}`:  "does not meet maximum length of 2",
		`"$ref": "#/properties/text", "type": "string"`:     "can't be checked: the schema refers to itself",
		`"$ref": "#/allOf/0/properties/x"`:                  "is not of a type(s) null",
		`"allOf": [{"anyOf": [false]}, {"maxLength": 1e0}]`: "is not any of [subschema 0]; does not meet maximum length of 1",
	} {
		told(t, `{"properties": {"text": {`+rule+`}}, "definitions": {"any": true}, "allOf": [{"properties": {"x": {"type": "null"}}}]}`, `{"text": "abc"}`, want)
	}
	for rule, want := range map[string]string{
		`"minItems": 4`:                                   "does not meet minimum length of 4",
		`"maxItems": 2`:                                   "does not meet maximum length of 2",
		`"uniqueItems": true`:                             "contains duplicate item",
		`"contains": {"type": "string"}`:                  "must contain an item matching given schema",
		`"items": [true], "additionalItems": false`:       "additionalItems not permitted",
		`"items": [true, true], "additionalItems": false`: "additionalItems not permitted",
		`"items": [{"minimum": 2}, {"maximum": 1}]`:       "must be greater than or equal to 2",
		`"items": {"exclusiveMinimum": 1}`:                "must be strictly greater than 1; must be strictly greater than 1",
		`"items": {"multipleOf": 0.5, "maximum": 1.5}`:    "must be less than or equal to 1.5",
	} {
		told(t, `{"properties": {"list": {`+rule+`}}}`, `{"list": [1, 1.0, 2]}`, want)
	}
	for rule, want := range map[string]string{
		`"minProperties": 3`: "does not meet minimum property length of 3",
		`"maxProperties": 1`: "does not meet maximum property length of 1",
		`"required": ["c"]`:  `requires property "c"`,
		`"properties": {"a": {}}, "additionalProperties": false`:         `is not allowed to have the additional property "b"`,
		`"patternProperties": {"^a": {}}, "additionalProperties": false`: `is not allowed to have the additional property "b"`,
		`"dependencies": {"a": ["c"], "x": ["y"]}`:                       "property c not found, required by instance.a",
		`"dependencies": {"a": {"required": ["c"]}}`:                     `requires property "c"`,
		`"propertyNames": {"pattern": "a"}`:                              `does not match pattern "a"`,
		`"propertyNames": {"anyOf": [{"pattern": "a"}]}`:                 "is not any of [subschema 0]",
	} {
		told(t, `{`+rule+`}`, `{"a": 1, "b": 2}`, want)
	}
}

func told(t *testing.T, schema, values, want string) {
	t.Helper()
	f, err := form.New(form.Config{Pages: []map[string]any{decode(t, schema)}, Open: true})
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	found, err := f.Violations(decode(t, values))
	var messages []string
	for _, v := range found {
		messages = append(messages, v.Message)
	}
	if got := strings.Join(messages, "; "); err != nil || got != want {
		t.Errorf("%s: %q, %v; want %q", schema, got, err, want)
	}
	if _, err := f.Validate(decode(t, values)); len(errs.Fields(err)) == 0 && !strings.Contains(schema, "additionalProperties") {
		t.Errorf("%s: nothing is explained: %v", schema, err)
	}
}

func TestWhatTakesTooLongIsRefused(t *testing.T) {
	t.Parallel()
	rules := strings.Repeat(`{"enum": [1]}, `, 4000)
	f, err := form.New(form.Config{Pages: []map[string]any{decode(t, `{"properties": {"list": {"items": {"anyOf": [`+rules+`false]}}}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{"list": decode(t, `{"list": [`+strings.Repeat("0, ", 20_000)+`0]}`)["list"]}
	if _, err := f.Validate(values); !errors.Is(err, errs.TooLarge) {
		t.Errorf("Validate: %v", err)
	}
	if _, err := f.Violations(values); !errors.Is(err, errs.TooLarge) {
		t.Errorf("Violations: %v", err)
	}
}

// TestReferencesIntoLists: what a $ref leads to in a list counts and is filled in as well.
func TestReferencesIntoLists(t *testing.T) {
	t.Parallel()
	f, err := form.New(form.Config{Pages: []map[string]any{decode(t, `{"properties": {"a": {"$ref": "#/allOf/0/properties/b"}}, "allOf": [{"properties": {"b": {"default": "x"}}}]}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Validate(nil); err != nil || got["a"] != "x" || got["b"] != "x" {
		t.Errorf("%v, %v", got, err)
	}
	doubling := `{"allOf": [{"type": "string"}`
	for i := range 40 {
		ref := `{"$ref": "#/allOf/` + string(rune('0'+i%10)) + `"}`
		doubling += `, {"anyOf": [` + ref + `, ` + ref + `, {"items": {"$ref": "#"}}]}`
	}
	if _, err := form.New(form.Config{Pages: []map[string]any{decode(t, doubling+`]}`)}}); !errors.Is(err, errs.TooLarge) {
		t.Errorf("a doubling: %v", err)
	}
}
