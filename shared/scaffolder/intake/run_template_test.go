package intake_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestAnyTemplateCanBeRun(t *testing.T) {
	t.Parallel()
	_, run := definitions(t)
	for name, c := range map[string]struct{ input, want string }{
		"no name": {`{"template":"nameless","values":{"color":"red"}}`, `{"template":"template:default/nameless","values":{"color":"red"}}`},
		"a value that no page asks for": {
			`{"template":"nameless","values":{"color":"red","more":[1]}}`, `{"template":"template:default/nameless","values":{"color":"red","more":[1]}}`,
		},
		"a name that is taken": {
			`{"template":"service","values":{"name":"taken"}}`, `{"template":"template:default/service","values":{"name":"taken","size":3}}`,
		},
		"a name of any form": {
			`{"template":"service","values":{"name":"Not A Slug"}}`, `{"template":"template:default/service","values":{"name":"Not A Slug","size":3}}`,
		},
		"environments that are something else": {
			`{"template":"service","values":{"name":"a","environments":["dev","qa"]}}`, `{"template":"template:default/service","values":{"name":"a","environments":["dev","qa"],"size":3}}`,
		},
	} {
		got, err := run.Check(t.Context(), json.RawMessage(c.input))
		if err != nil {
			t.Errorf("%s: %s", name, errs.Explain(err))
			continue
		}
		ref := "template:default/" + map[bool]string{true: "service", false: "nameless"}[name != "no name" && name != "a value that no page asks for"]
		want := operations.Intent{Target: ref, Machine: "create-app", Input: json.RawMessage(c.want), Shared: true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestRunningATemplateIsRefused(t *testing.T) {
	t.Parallel()
	_, run := definitions(t)
	for name, c := range map[string]struct{ input, pointer string }{
		"unknown template":       {`{"template":"nope"}`, "/template"},
		"unknown action":         {`{"template":"unknown-action"}`, "/template"},
		"missing value":          {`{"template":"service","values":{}}`, "/values/name"},
		"wrong type":             {`{"template":"service","values":{"name":"a","size":"big"}}`, "/values/size"},
		"environment out of use": {`{"template":"service","values":{"name":"a","environments":["awsenvironment:default/prod"]}}`, "/values/environments/0"},
		"a mark of a secret":     {`{"template":"service","values":{"name":"a ⟦secret:token⟧"}}`, "/values/name"},
		"a mark deep inside":     {`{"template":"service","values":{"name":"a","x":{"y":["⟦known after: z⟧"]}}}`, "/values/x/y/0"},
		"a mark in a name":       {`{"template":"service","values":{"name":"a","⟦secret:t⟧":1}}`, "/values"},
		"not an object":          {`[]`, ""},
	} {
		_, err := run.Check(t.Context(), json.RawMessage(c.input))
		fields := errs.Fields(err)
		if !errors.Is(err, errs.Invalid) || len(fields) != 1 || fields[0].Pointer != c.pointer {
			t.Errorf("%s: %v, %+v", name, err, fields)
		}
	}
}
