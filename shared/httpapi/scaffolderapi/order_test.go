package scaffolderapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest/portaltest"
)

// anyObject is the JSON of an object with its keys in any order.
func anyObject(depth int) *rapid.Generator[string] {
	value := rapid.OneOf(rapid.SampledFrom([]string{"1", "true", "null", `"x"`}), rapid.StringMatching(`"[a-z]{0,3}"`))
	if depth > 0 {
		list := rapid.Map(rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[string] { return anyObject(depth - 1) }), 0, 3), func(items []string) string {
			return "[" + strings.Join(items, ",") + "]"
		})
		value = rapid.OneOf(value, list, rapid.Deferred(func() *rapid.Generator[string] { return anyObject(depth - 1) }))
	}
	return rapid.Custom(func(t *rapid.T) string {
		var members []string
		for _, key := range rapid.SliceOfNDistinct(rapid.StringMatching("[a-z]{1,2}"), 0, 5, rapid.ID[string]).Draw(t, "keys") {
			members = append(members, `"`+key+`":`+value.Draw(t, "value"))
		}
		return "{" + strings.Join(members, ",") + "}"
	})
}

func TestTasksShowStepsAndValuesAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	const steps = 60
	var inputs, written []string
	for seed := range steps {
		input := anyObject(3).Example(seed)
		inputs = append(inputs, input)
		written = append(written, `{"input":`+input+`,"action":"debug:log","if":false}`)
	}
	spec := `{"type":"x","steps":[` + strings.Join(written, ",") + `]}`
	s := portaltest.New(t, auth.Guest{})
	s.Register(t, map[string][]byte{"any/template.yaml": []byte(`{"kind":"Template","apiVersion":"scaffolder.backstage.io/v1beta3","metadata":{"name":"any"},"spec":` + spec + `}`)})
	shown := httptest.NewRecorder()
	s.ServeHTTP(shown, httptest.NewRequest(http.MethodGet, "/api/catalog/entities/by-name/template/default/any", nil))
	if !strings.Contains(shown.Body.String(), `"spec":`+spec) {
		t.Errorf("the catalog shows %s, not %s", shown.Body, spec)
	}

	values := `{"b":{"list":[` + strings.Join(inputs, ",") + `],"and":1},"a":2}`
	var made struct{ ID string }
	w := s.Post("/api/scaffolder/v2/tasks", `{"values":`+values+`,"templateRef":"template:default/any"}`)
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != http.StatusCreated {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s.Ended(t, made.ID)
	var task struct {
		Spec struct {
			Parameters json.RawMessage
			Steps      []struct{ Input json.RawMessage }
		}
	}
	s.Ask(t, http.MethodGet, "/v2/tasks/"+made.ID, nil, &task)
	if string(task.Spec.Parameters) != values {
		t.Errorf("the task's values are %s, not %s", task.Spec.Parameters, values)
	}
	for i, step := range task.Spec.Steps {
		if string(step.Input) != inputs[i] {
			t.Errorf("the input of step %d is %s, not %s", i+1, step.Input, inputs[i])
		}
	}
	if len(task.Spec.Steps) != steps {
		t.Errorf("%d steps", len(task.Spec.Steps))
	}
}
