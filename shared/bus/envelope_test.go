package bus_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func sample() bus.Event {
	return bus.Event{
		SpecVersion: "1.0", ID: "0190", Source: "slipway.catalog", Type: "slipway.catalog.changed.v1", Subject: "component:default/orders",
		Time: time.Date(2026, 11, 22, 10, 0, 0, 1000, time.UTC), DataContentType: "application/json", Data: json.RawMessage(`{"a":[1,"é"]}`),
		Actor: "user:default/jane", RequestID: "r1", OperationID: "op1",
	}
}

func TestEncodeThenDecode(t *testing.T) {
	t.Parallel()
	body, err := bus.Encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	got, err := bus.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), got); diff != "" {
		t.Errorf("(-sent +got):\n%s", diff)
	}
}

func TestEnvelopesThatNoBusTakes(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*bus.Event){
		"no id":              func(e *bus.Event) { e.ID = "" },
		"long id":            func(e *bus.Event) { e.ID = strings.Repeat("x", 257) },
		"NUL in id":          func(e *bus.Event) { e.ID = "a\x00" },
		"no source":          func(e *bus.Event) { e.Source = "" },
		"long source":        func(e *bus.Event) { e.Source = strings.Repeat("x", 257) },
		"no type":            func(e *bus.Event) { e.Type = "" },
		"long type":          func(e *bus.Event) { e.Type = strings.Repeat("x", 129) },
		"type not text":      func(e *bus.Event) { e.Type = "\xff" },
		"other specversion":  func(e *bus.Event) { e.SpecVersion = "0.3" },
		"no time":            func(e *bus.Event) { e.Time = time.Time{} },
		"other content type": func(e *bus.Event) { e.DataContentType = "text/plain" },
		"no data":            func(e *bus.Event) { e.Data = nil },
		"data not JSON":      func(e *bus.Event) { e.Data = json.RawMessage(`{"a":`) },
	} {
		e := sample()
		change(&e)
		if _, err := bus.EncodeAll([]bus.Event{sample(), e}); errs.KindOf(err) != errs.Invalid {
			t.Errorf("an event with %s gives %v", name, err)
		}
	}
	e := sample()
	e.Data = json.RawMessage(`"` + strings.Repeat("x", bus.MaxEventBytes) + `"`)
	if _, err := bus.Encode(e); errs.KindOf(err) != errs.TooLarge {
		t.Errorf("a large event gives %v", err)
	}
}

func TestRuleMatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule bus.Rule
		want bool
	}{
		{bus.Rule{}, true},
		{bus.Rule{Sources: []string{"slipway.catalog"}}, true},
		{bus.Rule{Sources: []string{"slipway.audit", "slipway.catalog"}}, true},
		{bus.Rule{Sources: []string{"slipway.cat"}}, false},
		{bus.Rule{Sources: []string{"slipway.*"}}, false},
		{bus.Rule{Types: []string{"slipway.catalog.changed.v1"}}, true},
		{bus.Rule{Types: []string{"slipway.catalog.changed"}}, false},
		{bus.Rule{Types: []string{"other", "slipway.catalog.*"}}, true},
		{bus.Rule{Types: []string{"*"}}, true},
		{bus.Rule{Types: []string{"slipway.operation.*"}}, false},
		{bus.Rule{Sources: []string{"slipway.audit"}, Types: []string{"*"}}, false},
	} {
		if got := c.rule.Matches(sample()); got != c.want {
			t.Errorf("%+v matches: %v, want %v", c.rule, got, c.want)
		}
	}
}

func TestContextCarriesWhatTheEventHappenedFor(t *testing.T) {
	t.Parallel()
	want := correlation.IDs{RequestID: "r1", Actor: "user:default/jane", OperationID: "op1"}
	if got := correlation.From(bus.Context(t.Context(), sample())); got != want {
		t.Errorf("the context carries %+v, want %+v", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	body, err := bus.Encode(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"specversion":"1.0"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := bus.Decode(body)
		if err != nil {
			if errs.KindOf(err) != errs.Invalid {
				t.Fatalf("%q gives %v", body, err)
			}
			return
		}
		again, err := bus.Encode(e)
		if errs.KindOf(err) == errs.TooLarge {
			return
		}
		if err != nil {
			t.Fatalf("%q decodes but does not encode: %v", body, err)
		}
		if _, err := bus.Decode(again); err != nil {
			t.Fatalf("%q does not decode again: %v", again, err)
		}
	})
}
