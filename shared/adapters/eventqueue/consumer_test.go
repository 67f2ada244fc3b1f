package eventqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/eventqueue"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func sample() bus.Event {
	return bus.Event{
		SpecVersion: "1.0", ID: "1", Source: "slipway.test", Type: "slipway.test.happened.v1", Time: time.Unix(1_800_000_000, 0).UTC(),
		DataContentType: "application/json", Data: json.RawMessage(`{"a":1}`),
	}
}

func message(t *testing.T, change func(map[string]any)) string {
	t.Helper()
	body, err := bus.Encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{
		"version": "0", "id": "1", "source": "slipway.test", "detail-type": "slipway.test.happened.v1", "account": "1", "region": "r",
		"time": "2026-11-22T10:00:00Z", "resources": []string{}, "detail": json.RawMessage(body),
	}
	change(m)
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestConsumer(t *testing.T) {
	t.Parallel()
	errBusy := errors.New("busy")
	var got []bus.Event
	consume := eventqueue.Consumer(func(_ context.Context, e bus.Event) error { got = append(got, e); return errBusy })
	if err := consume(t.Context(), "m1", message(t, func(map[string]any) {})); !errors.Is(err, errBusy) {
		t.Errorf("the handler's error is lost: %v", err)
	}
	if diff := cmp.Diff([]bus.Event{sample()}, got); diff != "" {
		t.Errorf("(-published +handled):\n%s", diff)
	}
	for name, body := range map[string]string{
		"nothing":         "",
		"not JSON":        "{",
		"no message":      `[]`,
		"no detail":       message(t, func(m map[string]any) { delete(m, "detail") }),
		"detail is text":  message(t, func(m map[string]any) { m["detail"] = "x" }),
		"another event":   message(t, func(m map[string]any) { m["detail"] = map[string]any{"instance-id": "i-1"} }),
		"another source":  message(t, func(m map[string]any) { m["source"] = "slipway.other" }),
		"another type":    message(t, func(m map[string]any) { m["detail-type"] = "slipway.other.v1" }),
		"a deep document": strings.Repeat(`{"detail":`, 20_000),
	} {
		if err := consume(t.Context(), "m", body); errs.KindOf(err) != errs.Invalid {
			t.Errorf("%s gives %v", name, err)
		}
	}
	if len(got) != 1 {
		t.Errorf("%d events were handled", len(got))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"source":"s","detail-type":"t","detail":{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2026-11-22T10:00:00Z","datacontenttype":"application/json","data":{}}}`)
	f.Add(`{"detail":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		e, err := eventqueue.Decode(body)
		if err == nil && (e.ID == "" || e.Source == "" || e.Type == "") {
			t.Fatalf("%q is read as %+v", body, e)
		}
		if err != nil && errs.KindOf(err) != errs.Invalid {
			t.Fatalf("%q gives %v", body, err)
		}
	})
}
