package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

func tasks() map[string]workflow.Task {
	return map[string]workflow.Task{
		"Echo":    func(_ context.Context, in json.RawMessage) (json.RawMessage, error) { return in, nil },
		"Nothing": func(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, nil },
		"Fails": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return nil, errs.WithFields("the form is not filled in", []errs.Field{{Pointer: "/name", Message: "is required"}, {Pointer: "/owner", Message: "is not a group"}})
		},
		"Named": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return nil, &workflow.TaskError{Name: "Slipway.PipelineFailed", Cause: "unit failed"}
		},
		"Leaks": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return nil, errors.New("password=hunter2")
		},
	}
}

func TestDispatch(t *testing.T) {
	t.Parallel()
	task := workflow.Dispatch(tasks())
	for name, c := range map[string]struct{ in, out, err string }{
		"the whole input":    {in: `{"task":"Echo","a":[1]}`, out: `{"task":"Echo","a":[1]}`},
		"no result":          {in: `{"task":"Nothing"}`, out: "null"},
		"all fields":         {in: `{"task":"Fails"}`, err: "Slipway.Invalid: the form is not filled in: /name is required; /owner is not a group"},
		"a name of its own":  {in: `{"task":"Named"}`, err: "Slipway.PipelineFailed: unit failed"},
		"unclassified":       {in: `{"task":"Leaks"}`, err: "Slipway.Internal: an internal error occurred"},
		"unknown task":       {in: `{"task":"Nope"}`, err: `Slipway.UnknownTask: this function has no task "Nope"`},
		"no task":            {in: `{}`, err: `Slipway.UnknownTask: this function has no task ""`},
		"not an object":      {in: `[]`, err: "Slipway.Invalid: the payload of a task is not a JSON object"},
		"not JSON":           {in: `{`, err: "Slipway.Invalid: the payload of a task is not a JSON object"},
		"no input":           {in: ``, err: "Slipway.Invalid: the payload of a task is not a JSON object"},
		"a task of any type": {in: `{"task":{"x":1}}`, err: "Slipway.Invalid: the payload of a task is not a JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := task(t.Context(), json.RawMessage(c.in))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if string(out) != c.out || got != c.err {
				t.Errorf("got %s, %s", out, got)
			}
		})
	}
}

// FuzzDispatch gives calls of any form: each is answered with JSON or a named error.
func FuzzDispatch(f *testing.F) {
	for _, seed := range []string{`{"task":"Echo"}`, `{"task":"Leaks","task":"Echo"}`, `[]`, `{"TASK":"Nothing"}`, "\x00"} {
		f.Add([]byte(seed))
	}
	task := workflow.Dispatch(tasks())
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := task(t.Context(), in)
		if err == nil {
			if !json.Valid(out) {
				t.Fatalf("%q", out)
			}
			return
		}
		var named *workflow.TaskError
		if !errors.As(err, &named) || !strings.HasPrefix(named.Name, "Slipway.") || strings.Contains(named.Cause, "hunter2") {
			t.Fatal(err)
		}
	})
}

func TestTaskErrorKeepsWhatHappenedForTheLog(t *testing.T) {
	t.Parallel()
	cause := errs.Wrap(errs.Unavailable, "GitLab does not answer", errors.New("dial tcp 10.0.0.1"))
	named := workflow.TaskErrorFrom(cause)
	if !errors.Is(named, errs.Unavailable) || strings.Contains(named.Error(), "10.0.0.1") || named.Name != "Slipway.Unavailable" {
		t.Errorf("%v", named)
	}
	if again := workflow.TaskErrorFrom(named); again != named {
		t.Errorf("named twice: %v", again)
	}
}

func TestClipFailureKeepsWholeCharacters(t *testing.T) {
	t.Parallel()
	name, cause := workflow.ClipFailure(strings.Repeat("ä", 300), strings.Repeat("ö", 40_000))
	if name != strings.Repeat("ä", 256) || cause != strings.Repeat("ö", 32768) {
		t.Errorf("%d and %d bytes", len(name), len(cause))
	}
	if name, _ := workflow.ClipFailure("a\xffb", ""); name != "a\ufffdb" {
		t.Errorf("%q", name)
	}
}

func TestValidateStart(t *testing.T) {
	t.Parallel()
	big := json.RawMessage(`"` + strings.Repeat("x", workflow.MaxDataBytes) + `"`)
	for name, c := range map[string]struct {
		name string
		in   json.RawMessage
		want string // "" when refused
	}{
		"no input": {"a", nil, "{}"}, "input": {"a-B_9", json.RawMessage(`[1]`), "[1]"}, "longest name": {strings.Repeat("x", 80), nil, "{}"},
		"no name": {"", nil, ""}, "long name": {strings.Repeat("x", 81), nil, ""}, "name with slash": {"a/b", nil, ""}, "name with newline": {"a\n", nil, ""},
		"not JSON": {"a", json.RawMessage(`{`), ""}, "too large": {"a", big, ""},
	} {
		got, err := workflow.ValidateStart(c.name, c.in)
		if c.want == "" {
			if !errors.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}
