package workflow_test

import (
	"encoding/json"
	"testing"

	"github.com/slipwayhq/slipway/shared/workflow"
)

func TestSameInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`{"a":1,"b":[true,null]}`, ` { "b":[true , null], "a":1.0 } `, true},
		{`100`, `1e2`, true}, {`0.1`, `1e-1`, true}, {`-0`, `0`, true}, {`"\u0041"`, `"A"`, true},
		{`1`, `"1"`, false}, {`[1,2]`, `[2,1]`, false}, {`{}`, `null`, false}, {`{"a":null}`, `{}`, false},
		{`9007199254740993`, `9007199254740992`, false}, {`1e999`, `2e999`, false}, {`1e999`, `1e999`, true}, {`{`, `{`, false},
	} {
		if got := workflow.SameInput(json.RawMessage(c.a), json.RawMessage(c.b)); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}
