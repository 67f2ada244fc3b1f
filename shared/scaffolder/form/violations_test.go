package form_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/form"
)

// violated is what the validator of Backstage's backend said about values.
type violated struct {
	Schema map[string]any
	Values map[string]any
	Errors []map[string]any
}

// TestViolationsAreThoseOfBackstage compares with what jsonschema 1.5 from npm answered. The
// order of errors about one value is that of its schema's members there, which JSON does
// not keep here.
func TestViolationsAreThoseOfBackstage(t *testing.T) {
	t.Parallel()
	var recorded []violated
	raw, err := os.ReadFile("testdata/violations.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &recorded); err != nil || len(recorded) == 0 {
		t.Fatal(len(recorded), err)
	}
	for _, r := range recorded {
		f, err := form.New(form.Config{Pages: []map[string]any{{}, r.Schema, {"required": []any{"never"}}}})
		if err != nil {
			t.Fatalf("%v: %v", r.Schema, err)
		}
		found, err := f.Violations(r.Values)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]map[string]any, 0, len(found))
		for _, v := range found {
			got = append(got, asJSON(t, v))
		}
		byText(got)
		byText(r.Errors)
		if diff := gocmp.Diff(r.Errors, got); diff != "" {
			t.Errorf("%v against %v (-want +got):\n%s", r.Values, r.Schema, diff)
		}
	}
}

// asJSON gives a violation as Backstage's API writes it.
func asJSON(t *testing.T, v form.Violation) map[string]any {
	t.Helper()
	property := form.Property(v.Path)
	raw, err := json.Marshal(map[string]any{
		"path": v.Path, "property": property, "message": v.Message, "schema": v.Schema, "instance": v.Instance, "name": v.Rule, "stack": property + " " + v.Message,
	})
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	if v.Argument != nil {
		raw, _ := json.Marshal(v.Argument)
		var argument any
		if err := json.Unmarshal(raw, &argument); err != nil {
			t.Fatal(err)
		}
		out["argument"] = argument
	}
	return out
}

func byText(list []map[string]any) {
	slices.SortFunc(list, func(a, b map[string]any) int { return cmp.Compare(a["stack"].(string), b["stack"].(string)) })
}

func TestNothingIsViolatedByWhatFits(t *testing.T) {
	t.Parallel()
	f, err := form.New(form.Config{Pages: []map[string]any{{"properties": map[string]any{"a": map[string]any{"type": "string"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range []map[string]any{nil, {}, {"a": "x"}, {"b": 1}} {
		if found, err := f.Violations(values); err != nil || len(found) > 0 {
			t.Errorf("%v: %v, %v", values, found, err)
		}
	}
}

// TestNamesOfMembersAreWrongWhereTheyAre has many members, which the validator takes in any
// order, beside the one that is wrong.
func TestNamesOfMembersAreWrongWhereTheyAre(t *testing.T) {
	t.Parallel()
	deep := map[string]any{"properties": map[string]any{"list": map[string]any{"items": map[string]any{"propertyNames": map[string]any{"maxLength": 3}}}}}
	properties := map[string]any{}
	values := map[string]any{"a": map[string]any{"list": []any{map[string]any{"ok": 1}, map[string]any{"b": 1, "wrong": 2}}}}
	for i := range 20 {
		name := fmt.Sprintf("n%02d", i)
		properties[name] = map[string]any{"type": "object", "properties": map[string]any{"list": map[string]any{"type": "array", "items": map[string]any{"type": "object"}}}}
		values[name] = map[string]any{"list": []any{map[string]any{"x": 1}, map[string]any{"y": 1}, map[string]any{"z": 1}}}
	}
	properties["a"] = deep
	f, err := form.New(form.Config{Pages: []map[string]any{{"properties": properties}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		found, err := f.Violations(values)
		if err != nil || len(found) != 1 || form.Property(found[0].Path) != "instance.a.list[1]" || found[0].Instance != "wrong" {
			t.Fatalf("%v, %v", found, err)
		}
		if _, err := f.Validate(values); len(errs.Fields(err)) != 1 || errs.Fields(err)[0].Pointer != "/a/list/1/wrong" {
			t.Fatalf("%v", errs.Fields(err))
		}
	}
}
