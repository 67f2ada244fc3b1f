package workflowtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/workflow"
)

func testStates(t *testing.T, h Harness) {
	for input, want := range map[string]string{
		`{"n":10}`: `"many"`, `{"n":"10"}`: `"silent"`, `{"n":1,"s":"x"}`: `"other"`, `{"n":9,"s":"abc","t":"abc"}`: `"same"`,
	} {
		h.sub(t, "Choice"+want[1:len(want)-1], func(t *testing.T) {
			wantOutput(t, h.run(t, "choice", input), want)
		})
	}
	h.sub(t, "Fail", func(t *testing.T) {
		x := h.run(t, "choice", `{"n":1,"s":"abc","t":"b"}`)
		if x.Status != workflow.Failed || x.Error != "Nothing" || x.Cause != "no rule holds" {
			t.Fatalf("it is %+v", x)
		}
	})
	h.sub(t, "Parallel", func(t *testing.T) {
		wantOutput(t, h.run(t, "parallel", `{"left":{"do":"echo"},"right":7}`),
			`{"left":{"do":"echo"},"right":7,"both":[{"echo":{"do":"echo"}},{"from":7}]}`)
	})
	h.sub(t, "ParallelFails", func(t *testing.T) {
		x := h.run(t, "parallel", `{"left":{"do":"fail","name":"Probe.Refused","cause":"no"},"right":7}`)
		if field(t, x, "error", "Error") != "Probe.Refused" || field(t, x, "both") != nil {
			t.Fatalf("the output is %s", x.Output)
		}
	})
	h.sub(t, "Map", func(t *testing.T) {
		want, items := "", ""
		for i, item := range []string{`"a"`, `{"b":1}`, `null`, `[3]`, `4.5`} {
			comma := ","
			if i == 0 {
				comma = ""
			}
			items += comma + item
			want += fmt.Sprintf(`%s{"got":{"do":"echo","value":%s,"index":%d,"factor":2}}`, comma, item, i)
		}
		wantOutput(t, h.run(t, "map", `{"factor":2,"items":[`+items+`]}`), `{"factor":2,"items":[`+want+`]}`)
	})
	h.sub(t, "MapOfNothing", func(t *testing.T) {
		wantOutput(t, h.run(t, "map", `{"factor":2,"items":[]}`), `{"factor":2,"items":[]}`)
	})
	h.sub(t, "Wait", func(t *testing.T) {
		x := h.run(t, "wait", `{"seconds":1}`)
		wantOutput(t, x, `{"seconds":1}`)
		if took := x.Stopped.Sub(x.Started); took < 900*time.Millisecond {
			t.Fatalf("it took only %s", took)
		}
	})
	h.sub(t, "Data", func(t *testing.T) {
		name := h.start(t, "data", `{"n":3}`)
		wantOutput(t, h.ended(t, "data", name), fmt.Sprintf(`{"text":"two in all","length":3,"name":%q}`, name))
	})
	h.sub(t, "Variables", func(t *testing.T) {
		wantOutput(t, h.run(t, "variables", `{"n":3}`), `{"text":"4 of two","other":["two"]}`)
	})
}
