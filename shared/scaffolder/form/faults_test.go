package form_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/form"
)

type object = map[string]any

func TestASchemaThatIsNoneSaysWhereAndWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schema object
		want   []errs.Field
	}{
		"a type, a pattern": {
			object{"properties": object{"size": object{"type": "strin"}, "re": object{"pattern": "((("}}},
			[]errs.Field{{Pointer: "/properties/re/pattern", Message: "is not a regular expression: missing closing ): `(((`"}, {Pointer: "/properties/size/type", Message: `must be one of array, boolean, integer, null, number, object, string`}},
		},
		"rules of a wrong type": {
			object{"required": "name", "properties": object{"a": object{"enum": "x", "minLength": "3"}}},
			[]errs.Field{{Pointer: "/properties/a/enum", Message: "must be a list"}, {Pointer: "/properties/a/minLength", Message: "must be a whole number"}, {Pointer: "/required", Message: "must be a list"}},
		},
		"a dependency": {object{"dependencies": object{"a": 5}}, []errs.Field{{Pointer: "/dependencies/a", Message: "must be true or false or an object or a list"}}},
		"a key":        {object{"patternProperties": object{"(((": object{}}}, []errs.Field{{Pointer: "/patternProperties", Message: `has the key "(((", which is not a regular expression`}}},
		"a reference":  {object{"properties": object{"a": object{"$ref": "#/definitions/x"}}}, []errs.Field{{Message: "a $ref leads to #/definitions/x, which is not there"}}},
	} {
		_, err := form.New(form.Config{Pages: []map[string]any{{}, c.schema}})
		var found *form.SchemaError
		if !errors.As(err, &found) || !errors.Is(err, errs.Invalid) {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, found.Faults); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if message := errs.Message(err); !strings.HasPrefix(message, "page 2 of the form is not valid for JSON Schema draft-07: "+strings.TrimSpace(c.want[0].Pointer+" "+c.want[0].Message)) {
			t.Errorf("%s: %s", name, message)
		}
	}
	many := object{"properties": object{"a": object{"type": 1}, "b": object{"type": 1}, "c": object{"type": 1}, "d": object{"type": 1}}}
	if _, err := form.New(form.Config{Pages: []map[string]any{many}}); !strings.HasSuffix(errs.Message(err), "; and 1 more") {
		t.Errorf("many: %v", err)
	}
}
