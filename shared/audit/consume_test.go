package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipwayhq/slipway/shared/audit"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

func event(eventType, data string) bus.Event {
	return bus.Event{SpecVersion: "1.0", ID: "e-1", Source: "slipway.test", Type: eventType, Time: morning, DataContentType: "application/json",
		Data: json.RawMessage(data), RequestID: "req-1"}
}

func TestEventsBecomeRecords(t *testing.T) {
	t.Parallel()
	base := audit.Record{ID: "slipway.test/e-1", Time: morning, RequestID: "req-1"}
	with := func(change func(*audit.Record)) *audit.Record {
		r := base
		change(&r)
		return &r
	}
	for name, c := range map[string]struct {
		event bus.Event
		want  *audit.Record // nil when it is ignored
	}{
		"an operation succeeds": {
			event: event("slipway.operation.succeeded.v1", `{"operationId":"op-1","type":"app.create","target":"component:default/orders","actor":"user:default/jane","outcome":"succeeded","planHash":"abc","new":[1]}`),
			want: with(func(r *audit.Record) {
				r.Actor, r.Action, r.Target, r.Outcome, r.OperationID = "user:default/jane", "app.create", "component:default/orders", "succeeded", "op-1"
				r.Detail = json.RawMessage(`{"planHash":"abc"}`)
			})},
		"an effect is done": {
			event: event("slipway.operation.effect.done.v1", `{"operationId":"op-1","type":"app.create","target":"component:default/orders","actor":"user:default/jane","outcome":"running","effect":"gitlab.project apps/orders"}`),
			want: with(func(r *audit.Record) {
				r.Actor, r.Action, r.Target, r.Outcome, r.OperationID = "user:default/jane", "app.create", "component:default/orders", "effect.done", "op-1"
				r.Detail = json.RawMessage(`{"effect":"gitlab.project apps/orders"}`)
			})},
		"an entity is deleted": {
			event: event("slipway.catalog.entity.changed.v1", `{"seq":4,"ref":"component:default/orders","action":"delete","origin":{"owner":"url:x","commit":"c1"}}`),
			want: with(func(r *audit.Record) {
				r.Actor, r.Action, r.Target, r.Outcome = "slipway.test", "catalog.delete", "component:default/orders", "succeeded"
				r.Detail = json.RawMessage(`{"commit":"c1","owner":"url:x"}`)
			})},
		"a push": {
			event: event("slipway.gitlab.push.v1", `{"project":{"id":1,"path":"apps/orders"},"ref":"refs/heads/main","after":"c2","user":"jane"}`),
			want: with(func(r *audit.Record) {
				r.Actor, r.Action, r.Outcome = "gitlab:jane", "gitlab.push", "received"
				r.Detail = json.RawMessage(`{"project":"apps/orders","ref":"refs/heads/main","sha":"c2"}`)
			})},
		"a pipeline ends": {
			event: event("slipway.gitlab.pipeline.v1", `{"project":{"path":"apps/orders"},"ref":"main","sha":"c2","status":"failed"}`),
			want: with(func(r *audit.Record) {
				r.Actor, r.Action, r.Outcome = "slipway.test", "gitlab.pipeline", "failed"
				r.Detail = json.RawMessage(`{"project":"apps/orders","ref":"main","sha":"c2"}`)
			})},
		"a pipeline runs": {event: event("slipway.gitlab.pipeline.v1", `{"status":"running"}`)},
		"a job ends":      {event: event("slipway.gitlab.job.v1", `{"status":"success"}`)},
		"something new":   {event: event("slipway.something.v9", `[]`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trail, _ := filled(t, 0)
			for range 2 { // at least once
				if err := trail.Consume(context.Background(), c.event); err != nil {
					t.Fatal(err)
				}
			}
			page, err := trail.Records(context.Background(), audit.Query{Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			var want []audit.Record
			if c.want != nil {
				want = append(want, *c.want)
			}
			chain := cmpopts.IgnoreFields(audit.Record{}, "Seq", "PrevHash", "Hash")
			if diff := cmp.Diff(want, page.Records, chain, cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestMalformedEventsAreNotTriedAgain(t *testing.T) {
	t.Parallel()
	trail, _ := filled(t, 0)
	for _, e := range []bus.Event{
		event("slipway.operation.succeeded.v1", `{"type":`),
		event("slipway.operation.succeeded.v1", `{"type":7}`),
		event("slipway.operation.succeeded.v1", `{}`),
		event("slipway.catalog.entity.changed.v1", `"x"`),
		event("slipway.gitlab.push.v1", ``),
	} {
		if err := trail.Consume(context.Background(), e); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s %s: %v", e.Type, e.Data, err)
		}
	}
}

func TestIgnoredEventsAreCounted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	trail, err := audit.New(audit.Deps{Table: newTable(t), Clock: clock.System{}, Log: logging.New(&out, slog.LevelInfo)})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := trail.Consume(context.Background(), event("slipway.other.v1", `{}`)); err != nil {
			t.Fatal(err)
		}
	}
	if trail.Ignored() != 3 || strings.Count(out.String(), "slipway.other.v1") != 3 || !strings.Contains(out.String(), `"ignoredSoFar":3`) {
		t.Fatalf("%d ignored, log %s", trail.Ignored(), out.String())
	}
}

// What an outsider puts into an event must not become too large a record.
func TestLongTextsAreClipped(t *testing.T) {
	t.Parallel()
	trail, _ := filled(t, 0)
	data, err := json.Marshal(map[string]any{"project": map[string]any{"path": strings.Repeat("p/", 4000)}, "ref": strings.Repeat("é", 3000), "user": strings.Repeat("u", 3000)})
	if err != nil {
		t.Fatal(err)
	}
	if err := trail.Consume(context.Background(), event("slipway.gitlab.push.v1", string(data))); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, trail); v.Records != 1 || v.Broken != nil {
		t.Fatalf("%+v", v)
	}
}
