package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/operations"
)

func TestWhatATemplateSaysIsShownAtTheEnd(t *testing.T) {
	t.Parallel()
	list := recorded("succeeded")
	o := list[len(list)-1]
	for name, output := range map[string]string{
		"output-nothing.txt": `{"project":"apps/orders"}`,
		"output-odd.txt":     `{"template":{"links":"none","text":{"title":"B"}}}`,
		"output.txt": `{"template":{"links":[{"title":"Repository","url":"https://git.test/apps/orders"},{"title":"Catalog","entityRef":"component:default/orders","icon":"catalog"}],
"text":[{"title":"Next\u001b[2J","content":"Clone it:\n\tgit clone\r\n"},{"title":"Done"}],"other":7}}`,
	} {
		o.Output = json.RawMessage(output)
		var out bytes.Buffer
		if err := follow(t.Context(), &replay{states: list}, "op-1", &out); err != nil {
			t.Error(err)
		}
		golden(t, name, out.String())
	}
}

func TestProgramsReadJSON(t *testing.T) {
	t.Parallel()
	server, _ := portalOf(t)
	var list []operations.Operation
	for args, into := range map[string]any{
		"create --template service --json":        &operations.Operation{},
		"create --template service --json --wait": &operations.Operation{},
		"status --json":                           &list,
		"status op-1 --json":                      &operations.Operation{},
	} {
		var out, errOut bytes.Buffer
		code := exitCode(run(t.Context(), append(strings.Fields(args), "--url", server.URL), &out, &errOut), &errOut)
		if err := json.Unmarshal(out.Bytes(), into); err != nil || code != 0 {
			t.Errorf("%s: exit %d, %v: %s%s", args, code, err, &out, &errOut)
		}
		if o, one := into.(*operations.Operation); one && o.ID != "op-1" {
			t.Errorf("%s: %s", args, &out)
		}
		if waits := strings.Contains(args, "--wait"); waits != strings.Contains(errOut.String(), "✓ Wait for the pipeline") {
			t.Errorf("%s says %q", args, &errOut)
		}
	}
	if len(list) != 3 {
		t.Errorf("%+v", list)
	}
}

func TestARunThatFailedWasNoCreation(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{createApp: "was not created: ", runTemplate: "did not succeed: "} {
		list := recorded("failed")
		o := list[len(list)-1]
		o.Type = kind
		if err := succeeded(o); err == nil || !strings.Contains(err.Error(), o.Target+" "+want) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
