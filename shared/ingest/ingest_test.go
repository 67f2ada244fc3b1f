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
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

// told remembers who was told what.
type told struct {
	what  []string
	fails error
}

func (l *told) tell(format string, args ...any) {
	l.what = append(l.what, fmt.Sprintf(format, args...))
}

func (l *told) Pushed(ctx context.Context, id int64, branch string) (catalog.Synced, error) {
	l.tell("pushed %d %s for %s", id, branch, correlation.From(ctx).RequestID)
	return catalog.Synced{}, l.fails
}

func (l *told) Sync(_ context.Context, id int64, _ *scm.Project) (catalog.Synced, error) {
	l.tell("sync %d", id)
	return catalog.Synced{}, l.fails
}

func (l *told) Destroyed(_ context.Context, id int64, path string) (catalog.Synced, error) {
	l.tell("destroyed %d %s", id, path)
	return catalog.Synced{}, l.fails
}

func (l *told) SyncGroup(_ context.Context, group string) error {
	l.tell("group %s", group)
	return l.fails
}

func (l *told) Reread(_ context.Context, f catalog.FileRef) error {
	l.tell("reread %s", f.Path)
	return l.fails
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
		"a push":               {event(t, webhooks.PushType, webhooks.Push{Project: project, Ref: "refs/heads/feature/x"}), nil, []string{"pushed 7 feature/x for r-1"}, ""},
		"GitLab is down":       {event(t, webhooks.PushType, webhooks.Push{Project: project, Ref: "refs/heads/main"}), down, []string{"pushed 7 main for r-1"}, errs.Unavailable},
		"the project is gone":  {event(t, webhooks.PushType, webhooks.Push{Project: project, Ref: "refs/heads/main"}), gone, []string{"pushed 7 main for r-1"}, ""},
		"a tag":                {event(t, webhooks.PushType, webhooks.Push{Project: project, Ref: "refs/tags/v1"}), nil, nil, ""},
		"a rename":             {event(t, webhooks.ProjectType, webhooks.ProjectChange{Project: project, Action: webhooks.ActionRename}), nil, []string{"sync 7"}, ""},
		"a renamed is gone":    {event(t, webhooks.ProjectType, webhooks.ProjectChange{Project: project, Action: webhooks.ActionRename}), gone, []string{"sync 7"}, ""},
		"an end":               {event(t, webhooks.ProjectType, webhooks.ProjectChange{Project: project, Action: webhooks.ActionDestroy}), nil, []string{"destroyed 7 apps/orders"}, ""},
		"an end unseen":        {event(t, webhooks.ProjectType, webhooks.ProjectChange{Project: project, Action: webhooks.ActionDestroy}), down, []string{"destroyed 7 apps/orders"}, errs.Unavailable},
		"a group":              {event(t, webhooks.GroupType, webhooks.GroupChange{ID: 3, Path: "apps", Action: webhooks.ActionRename}), nil, []string{"group apps"}, ""},
		"a group is hidden":    {event(t, webhooks.GroupType, webhooks.GroupChange{ID: 3, Path: "apps"}), gone, []string{"group apps"}, ""},
		"a group fails":        {event(t, webhooks.GroupType, webhooks.GroupChange{ID: 3, Path: "apps"}), down, []string{"group apps"}, errs.Unavailable},
		"a stale file":         {event(t, catalog.EventStale, catalog.FileRef{Path: "a.yaml"}), nil, []string{"reread a.yaml"}, ""},
		"a stale file is gone": {event(t, catalog.EventStale, catalog.FileRef{Path: "a.yaml"}), gone, []string{"reread a.yaml"}, ""},
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
			consumer, err := ingest.New(ingest.Deps{Projects: l, Files: l, Pipelines: l, Log: logging.Discard()})
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
		webhooks.PushType: true, webhooks.PipelineType: true, webhooks.ProjectType: true, webhooks.GroupType: true, catalog.EventStale: true, webhooks.TagPushType: false, webhooks.JobType: false, "slipway.operation.accepted.v1": false,
	} {
		if got := ingest.Rule().Matches(bus.Event{Type: eventType}); got != want {
			t.Errorf("%s: %v", eventType, got)
		}
	}
	if _, err := ingest.New(ingest.Deps{}); err == nil || errors.Is(err, errs.Invalid) {
		t.Errorf("made of nothing: %v", err)
	}
}
