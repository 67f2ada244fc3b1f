package draft07_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/scaffolder/form/draft07"
)

// Known differences from the library that is the oracle here, which no schema has that is
// drawn:
//   - const beside a $ref: it is ignored here, as the draft wants it of all that is there;
//   - a $id below the top changes what references mean, and a $ref may name one ("#name");
//   - a $ref to the meta-schema is followed; here it leads to another document;
//   - a $ref to the list behind "items" is taken for a schema that everything fits;
//   - what "if": false never leads to is not read, so that a $ref in it may lead nowhere;
//   - limits beyond 2^53 overflow;
//   - numbers in addresses and times may have a sign ("+1.2.3.4").

// oracle compiles a schema with the library.
func oracle(schema any) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	if err := c.AddResource("oracle:///schema", schema); err != nil {
		return nil, err
	}
	return c.Compile("oracle:///schema")
}

func compile(schema any) (*draft07.Schema, error) {
	readable := func(source string) error { _, err := regexp.Compile(source); return err }
	return draft07.Compile(draft07.Config{
		Schema:  schema,
		Pattern: func(source string) (draft07.Pattern, error) { return regexp.Compile(source) },
		Formats: map[string]func(string) error{"regex": readable},
	})
}

// TestTheLibraryAgrees draws schemas and values until something differs: whether a schema is
// one, and whether values fit.
func TestTheLibraryAgrees(t *testing.T) {
	t.Parallel()
	drawn := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		draft := drawSchema(t, 3, true).(object)
		if upTo(t, 5) == 0 {
			spoil(t, draft)
		}
		schema := document(t, draft)
		theirs, err := oracle(schema)
		ours, ourErr := compile(schema)
		if (err == nil) != (ourErr == nil) {
			t.Fatalf("%s: %v, the library: %v", written(schema), ourErr, err)
		}
		if err != nil {
			drawn["no schema"]++
			return
		}
		for range 40 {
			value := document(t, drawValue(t, 3))
			mustAgree(t, schema, value, theirs, ours, drawn)
		}
	})
	t.Logf("%v", drawn)
	if drawn["fits"] == 0 || drawn["does not fit"] == 0 || drawn["no schema"] == 0 {
		t.Errorf("drawn: %v", drawn)
	}
}

func mustAgree(t interface{ Fatalf(string, ...any) }, schema, value any, theirs *jsonschema.Schema, ours *draft07.Schema, drawn map[string]int) {
	err := theirs.Validate(value)
	found, ourErr := ours.Validate(value)
	if ourErr != nil || (err == nil) != (len(found) == 0) {
		t.Fatalf("%s against %s: %v %v, the library: %v", written(value), written(schema), told(found), ourErr, err)
	}
	if err == nil {
		drawn["fits"]++
		return
	}
	drawn["does not fit"]++
	var invalid *jsonschema.ValidationError
	if want := rules(errors.As(err, &invalid), invalid); !within(want, told(found)) {
		t.Fatalf("%s against %s: %v, the library: %v", written(value), written(schema), told(found), want)
	}
}

func written(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}

// document gives a value as it is decoded from JSON.
func document(t *rapid.T, v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
