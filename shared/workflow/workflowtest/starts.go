package workflowtest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

func testStart(t *testing.T, h Harness) {
	h.sub(t, "SameAgain", func(t *testing.T) {
		name := h.start(t, "long", `{"a":1,"b":[2.0]}`)
		for _, again := range []string{`{"a":1,"b":[2.0]}`, ` { "b" : [2], "a" : 1 } `} {
			if err := h.Port.Start(t.Context(), "long", name, json.RawMessage(again)); err != nil {
				t.Fatalf("starting again with %s: %v", again, err)
			}
		}
		if n := count(h.types(t, "long", name), "ExecutionStarted"); n != 1 {
			t.Fatalf("it was started %d times", n)
		}
		if err := h.Port.Stop(t.Context(), "long", name, "over"); err != nil {
			t.Fatal(err)
		}
	})
	h.sub(t, "SameAgainAfterTheEnd", func(t *testing.T) {
		name := h.start(t, "plain", `{"n":1}`)
		before := h.ended(t, "plain", name)
		if err := h.Port.Start(t.Context(), "plain", name, json.RawMessage(`{"n": 1}`)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, h.ended(t, "plain", name)); diff != "" {
			t.Fatalf("it was started again:\n%s", diff)
		}
	})
	h.sub(t, "OtherInput", func(t *testing.T) {
		name := h.start(t, "long", `{"n":1}`)
		err := h.Port.Start(t.Context(), "long", name, json.RawMessage(`{"n":2}`))
		wantKind(t, err, errs.Conflict)
		if err := h.Port.Stop(t.Context(), "long", name, "over"); err != nil {
			t.Fatal(err)
		}
		wantKind(t, h.Port.Start(t.Context(), "long", name, json.RawMessage(`{}`)), errs.Conflict)
	})
	h.sub(t, "SameNameOfAnotherMachine", func(t *testing.T) {
		name := h.start(t, "plain", `{"n":1}`)
		if err := h.Port.Start(t.Context(), "mailbox", name, json.RawMessage(`{"n":2}`)); err != nil {
			t.Fatal(err)
		}
		wantOutput(t, h.ended(t, "mailbox", name), `{"n":2}`)
	})
	h.sub(t, "UnknownMachine", func(t *testing.T) {
		wantKind(t, h.Port.Start(t.Context(), "nowhere", newName(), json.RawMessage(`{}`)), errs.NotFound)
	})
	h.sub(t, "NoInput", func(t *testing.T) {
		name := newName()
		if err := h.Port.Start(t.Context(), "mailbox", name, nil); err != nil {
			t.Fatal(err)
		}
		wantOutput(t, h.ended(t, "mailbox", name), `{}`)
	})
	h.sub(t, "Invalid", func(t *testing.T) {
		large := `"` + strings.Repeat("x", workflow.MaxDataBytes) + `"`
		for _, c := range []struct{ name, input string }{
			{"", `{}`}, {strings.Repeat("n", 81), `{}`}, {"a b", `{}`}, {"a#b", `{}`}, {"a/b", `{}`}, {"ü", `{}`}, {"a\n", `{}`},
			{newName(), `{`}, {newName(), `{} {}`}, {newName(), large},
		} {
			err := h.Port.Start(t.Context(), "plain", c.name, json.RawMessage(c.input))
			if errs.KindOf(err) != errs.Invalid {
				t.Errorf("starting %q with %.20q gives %v", c.name, c.input, err)
			}
		}
	})
	h.sub(t, "LongestName", func(t *testing.T) {
		name := (newName() + strings.Repeat("_", 80))[:80]
		if err := h.Port.Start(t.Context(), "plain", name, json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
		h.ended(t, "plain", name)
	})
}

func testInspect(t *testing.T, h Harness) {
	h.sub(t, "Running", func(t *testing.T) {
		name := h.start(t, "long", `{"n":1}`)
		x, err := h.Port.Describe(t.Context(), "long", name)
		if err != nil {
			t.Fatal(err)
		}
		if x.Machine != "long" || x.Name != name || x.Status != workflow.Running || x.Started.IsZero() || !x.Stopped.IsZero() || x.Output != nil {
			t.Fatalf("it is %+v", x)
		}
		if err := h.Port.Stop(t.Context(), "long", name, "over"); err != nil {
			t.Fatal(err)
		}
	})
	h.sub(t, "Ended", func(t *testing.T) {
		x := h.run(t, "plain", `{"n":1}`)
		wantOutput(t, x, `{"n":1,"first":{"seen":true}}`)
		if string(x.Input) != `{"n":1}` || x.Stopped.Before(x.Started) || x.Error != "" {
			t.Fatalf("it is %+v", x)
		}
	})
	h.sub(t, "Unknown", func(t *testing.T) {
		for _, machine := range []string{"plain", "nowhere"} {
			_, err := h.Port.Describe(t.Context(), machine, newName())
			wantKind(t, err, errs.NotFound)
			_, err = h.Port.History(t.Context(), machine, newName())
			wantKind(t, err, errs.NotFound)
		}
	})
	h.sub(t, "History", func(t *testing.T) {
		name := h.start(t, "plain", `{}`)
		h.ended(t, "plain", name)
		history, err := h.Port.History(t.Context(), "plain", name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, e := range history {
			if e.ID != int64(i+1) || e.Time.IsZero() || (i > 0 && e.Time.Before(history[i-1].Time)) {
				t.Errorf("entry %d is %+v", i, e)
			}
			got = append(got, strings.TrimSpace(e.Type+" "+e.State))
		}
		want := []string{
			"ExecutionStarted", "PassStateEntered First", "PassStateExited First",
			"PassStateEntered Second", "PassStateExited Second", "ExecutionSucceeded",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("the history (-want +got):\n%s", diff)
		}
	})
}
