package ingest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/ingest"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

// told remembers who was told what.
type told struct {
	what  []string
	fails error
}

func (l *told) IngestProject(ctx context.Context, project, branch string) (catalog.Ingested, error) {
	l.what = append(l.what, fmt.Sprintf("read %s %s for %s", project, branch, correlation.From(ctx).RequestID))
	return catalog.Ingested{}, l.fails
}

func (l *told) Heard(_ context.Context, project, pipeline int64) error {
	l.what = append(l.what, fmt.Sprintf("pipeline %d of %d", pipeline, project))
	return l.fails
}

func event(t *testing.T, eventType string, data any) bus.Event {
	t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return bus.Event{ID: "e", Type: eventType, RequestID: "r-1", Data: raw}
}

func TestHandle(t *testing.T) {
	t.Parallel()
	project := webhooks.Project{ID: 7, Path: "apps/orders"}
	down, gone := errs.New(errs.Unavailable, "GitLab does not answer"), errs.New(errs.NotFound, "no such project")
	for name, c := range map[string]struct {
		event bus.Event
		fails error
		told  []string
		kind  errs.Kind
	}{
		"a push":               {event(t, webhooks.PushType, webhooks.Push{Project: project, Ref: "refs/heads/feature/x"}), nil, []string{"read apps/orders feature/x for r-1"}, ""},
		"GitLab is down":       {event(t, webhooks.PushType, webhooks.Push{Project: project, Ref: "refs/heads/main"}), down, []string{"read apps/orders main for r-1"}, errs.Unavailable},
		"the project is gone":  {event(t, webhooks.PushType, webhooks.Push{Project: project, Ref: "refs/heads/main"}), gone, []string{"read apps/orders main for r-1"}, ""},
		"a tag":                {event(t, webhooks.PushType, webhooks.Push{Project: project, Ref: "refs/tags/v1"}), nil, nil, ""},
		"no project":           {event(t, webhooks.PushType, webhooks.Push{Ref: "refs/heads/main"}), nil, nil, ""},
		"a pipeline":           {event(t, webhooks.PipelineType, webhooks.Pipeline{Project: project, ID: 9}), nil, []string{"pipeline 9 of 7"}, ""},
		"nobody can be woken":  {event(t, webhooks.PipelineType, webhooks.Pipeline{Project: project, ID: 9}), down, []string{"pipeline 9 of 7"}, errs.Unavailable},
		"an unknown type":      {event(t, "slipway.gitlab.wiki.v1", 1), nil, nil, ""},
		"a malformed push":     {event(t, webhooks.PushType, []int{1}), nil, nil, errs.Invalid},
		"a malformed pipeline": {event(t, webhooks.PipelineType, "x"), nil, nil, errs.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &told{fails: c.fails}
			consumer, err := ingest.New(ingest.Deps{Catalog: l, Pipelines: l, Log: logging.Discard()})
			if err != nil {
				t.Fatal(err)
			}
			if err := consumer.Handle(t.Context(), c.event); errs.KindOf(err) != c.kind {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(c.told, l.what); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheRuleSelectsWhatIsHandled(t *testing.T) {
	t.Parallel()
	for eventType, want := range map[string]bool{
		webhooks.PushType: true, webhooks.PipelineType: true, webhooks.TagPushType: false, webhooks.JobType: false, "slipway.operation.accepted.v1": false,
	} {
		if got := ingest.Rule().Matches(bus.Event{Type: eventType}); got != want {
			t.Errorf("%s: %v", eventType, got)
		}
	}
	if _, err := ingest.New(ingest.Deps{}); err == nil || errors.Is(err, errs.Invalid) {
		t.Errorf("made of nothing: %v", err)
	}
}
