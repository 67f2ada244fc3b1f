package reconcile_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/gitlabsource"
	"github.com/slipwayhq/slipway/shared/ingest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/reconcile"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const base = "https://git.test"

// timer is a clock whose pauses take no time and which a test can put forward.
type timer struct{ *clock.Manual }

func (t timer) Sleep(ctx context.Context, d time.Duration) error {
	t.Advance(d)
	return ctx.Err()
}

// rig is the writing side of a portal over a truth.
type rig struct {
	truth     *truth // nil over another host
	host      host
	url       string
	clock     timer
	table     table.Table
	file      *bolttable.File
	service   *catalog.Service
	discovery *catalog.Discovery
	consumer  *ingest.Consumer
	log       *changelog.Log
	held      map[string]bool // topics that hold a project back
	hooks     *reconcile.HookKeeper
	tasks     map[string]workflow.Task
	runs      int

	groups, platformGroups []string
}

// Held implements catalog.Holds.
func (r *rig) Held(_ context.Context, topics []string) (bool, error) {
	for _, topic := range topics {
		if r.held[topic] {
			return true, nil
		}
	}
	return false, nil
}

type known struct {
	*catalog.Discovery
	*catalog.Service
}

type nobody struct{}

func (nobody) Recover(context.Context, time.Duration) (int, error)    { return 0, nil }
func (nobody) Heard(context.Context, int64, int64) error              { return nil }
func (nobody) Drain(context.Context, time.Duration) (int, error)      { return 0, nil }
func (nobody) WebhookSecrets(context.Context) (string, string, error) { return "token", "", nil }

// newRig makes a rig over a truth in memory.
func newRig(t testing.TB, groups ...string) *rig {
	t.Helper()
	h := newTruth()
	r := newRigOver(t, h, base, groups...)
	r.truth = h
	return r
}

// host is a GitLab as far as the rig asks it.
type host interface {
	scm.Projects
	scm.Repositories
}

func newRigOver(t testing.TB, h host, url string, groups ...string) *rig {
	t.Helper()
	r := &rig{host: h, url: url, clock: timer{clock.NewManual(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))}, held: map[string]bool{}, groups: groups}
	var err error
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r.file, err = bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: r.clock, IDs: ids.Random{}})
	must(err)
	t.Cleanup(func() { _ = r.file.Close() })
	r.table, err = r.file.Table("catalog")
	must(err)
	r.log, err = changelog.New(changelog.Config{Table: r.table, Clock: r.clock, IDs: ids.Random{}})
	must(err)
	r.assemble(t)
	return r
}

// assemble makes the parts anew, with what was changed in the rig.
func (r *rig) assemble(t testing.TB) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	source, err := gitlabsource.New(gitlabsource.Config{Base: r.url, Projects: r.host, Repositories: r.host})
	must(err)
	r.service, err = catalog.New(catalog.Deps{Table: r.table, Source: source, Clock: r.clock, IDs: ids.Random{}, Log: logging.Discard(), PlatformGroups: r.platformGroups})
	must(err)
	r.discovery, err = catalog.NewDiscovery(catalog.DiscoveryDeps{Catalog: r.service, Host: r.host, Holds: r, Groups: r.groups})
	must(err)
	r.consumer, err = ingest.New(ingest.Deps{Projects: r.discovery, Files: r.service, Pipelines: nobody{}, Log: logging.Discard()})
	must(err)
	r.prepare(t)
}

// prepare makes the tasks anew, with what was changed in the rig.
func (r *rig) prepare(t testing.TB) {
	t.Helper()
	tasks, err := reconcile.New(reconcile.Deps{
		Table: r.table, Listing: r.host, Discovery: r.discovery, Known: known{r.discovery, r.service}, Evidence: r.discovery, Hooks: r.hooks,
		Operations: nobody{}, Outboxes: map[string]reconcile.Outbox{"none": nobody{}}, Log: r.log, Clock: r.clock, Logger: logging.Discard(), Budget: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.tasks = tasks.ByName()
}

// call runs one task.
func call[T any](t testing.TB, r *rig, task string, in map[string]any) (out T, err error) {
	t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := r.tasks[task](t.Context(), raw)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(answer, &out)
}

// reconcile does what the state machine does, with its repetitions of a task that failed.
func (r *rig) reconcile(t testing.TB) reconcile.Report {
	t.Helper()
	r.runs++
	in := map[string]any{"run": fmt.Sprintf("run-%d", r.runs)}
	at, err := call[reconcile.Progress](t, r, "Begin", in)
	if err != nil {
		t.Fatal(err)
	}
	for at.More {
		in["cursor"] = at.Cursor
		next, err := call[reconcile.Progress](t, r, "Sweep", in)
		for n := 0; err != nil && n < 6; n++ {
			next, err = call[reconcile.Progress](t, r, "Sweep", in)
		}
		if err != nil {
			in["failure"] = map[string]any{"Error": "x", "Cause": err.Error()}
			break
		}
		at = next
	}
	if _, err := call[struct{}](t, r, "Recover", in); err != nil {
		t.Fatal(err)
	}
	if _, err := call[reconcile.Report](t, r, "Report", in); err != nil {
		t.Fatal(err)
	}
	report, err := reconcile.Reports{Table: r.table}.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// shown gives the description and the project of every entity in the catalog, by name.
func (r *rig) shown(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := r.log.Entities(t.Context(), func(rec changelog.Record) error {
		notes, _ := rec.Entity.Metadata["annotations"].(map[string]any)
		slug, _ := notes["gitlab.com/project-slug"].(string)
		at, _ := notes["backstage.io/managed-by-location"].(string)
		if rec.Entity.Kind == "Location" && strings.HasPrefix(rec.Origin.Owner, "location:") {
			return nil
		}
		if !strings.Contains(at, r.url+"/"+slug+"/-/blob/") || rec.Origin.Owner != at {
			return fmt.Errorf("%s is of %s, but read from %s, and belongs to %s", rec.Entity.Ref(), slug, at, rec.Origin.Owner)
		}
		description, _ := rec.Entity.Metadata["description"].(string)
		out[rec.Entity.Name()] = description + " in " + slug
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wanted gives what the catalog should show of the projects below the groups.
func (h *truth) wanted(groups ...string) map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]string{}
	for _, p := range h.projects {
		if p.Archived || p.MarkedForDeletion || !catalog.Below(p.Path, groups) {
			continue
		}
		for _, path := range []string{"catalog-info.yaml", ".backstage/catalog-info.yaml"} {
			for _, doc := range strings.Split(p.head().files[path], "---\n") {
				name, description, ok := described(doc)
				if ok {
					out[name] = description + " in " + p.Path
				}
			}
		}
	}
	return out
}

const form = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: %s, description: %s}\nspec: {type: service, lifecycle: production, owner: team-a}\n"

func component(name, description string) string { return fmt.Sprintf(form, name, description) }

// described reads what component wrote.
func described(doc string) (name, description string, ok bool) {
	_, rest, ok := strings.Cut(doc, "{name: ")
	name, rest, _ = strings.Cut(rest, ", description: ")
	description, _, _ = strings.Cut(rest, "}")
	return name, description, ok
}

func is(err error, kind error) bool { return errors.Is(err, kind) }
