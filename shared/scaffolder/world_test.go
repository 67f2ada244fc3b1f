package scaffolder_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/catalogtest"
	"github.com/slipwayhq/slipway/shared/catalog/gitlabsource"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/intake"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
	"github.com/slipwayhq/slipway/shared/scaffolder/script"
	"github.com/slipwayhq/slipway/shared/scaffolder/source"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/sealing"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
	"github.com/slipwayhq/slipway/templates"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const (
	component = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: '${{ values.name }}'}\nspec: {type: service, lifecycle: experimental, owner: platform}\n"
	passing   = "job:\n  script: [\"true\"]\n"
	failing   = "job:\n  script: [\"false\"]\n"
)

// steps of templates; HOST stands for the GitLab's host.
const (
	fetchStep    = "    - {id: fetch, name: Render, action: \"fetch:template\", input: {url: ./skeleton, values: {name: '${{ parameters.name }}'}}}\n"
	publishStep  = "    - {id: publish, action: \"publish:gitlab\", input: {repoUrl: 'HOST?owner=apps&repo=${{ parameters.name }}'}}\n"
	registerStep = "    - {id: register, name: Register, action: \"catalog:register\", input: {repoContentsUrl: '${{ steps.publish.output.repoContentsUrl }}'}}\n"
)

// executions takes what is started and never runs it: the tests call the tasks.
type executions struct{}

func (executions) Start(context.Context, string, string, json.RawMessage) error { return nil }

// callbacks remembers what was said to waiting tasks.
type callbacks struct {
	mu     sync.Mutex
	said   []string
	answer error
}

func (c *callbacks) say(what string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answer == nil {
		c.said = append(c.said, what)
	}
	return c.answer
}

func (c *callbacks) Succeed(_ context.Context, token string, output json.RawMessage) error {
	return c.say(token + " " + string(output))
}

func (c *callbacks) Fail(_ context.Context, token, name, cause string) error {
	return c.say(token + " " + name + ": " + cause)
}

// world is everything around the tasks, with one template in the catalog.
type world struct {
	*gitlabtest.GitLab
	clock     *clock.Manual
	table     table.Table
	catalog   *catalog.Service
	places    *environments.Resolver
	planner   *scaffolder.Planner
	spaces    *workspace.Store
	ops       *operations.Service
	callbacks *callbacks
	watch     scaffolder.PipelineWatch
	tasks     map[string]workflow.Task
	extra     []actions.Action
}

// newWorld commits and registers a template with the given steps and skeleton.
func newWorld(t testing.TB, steps string, skeleton map[string]string, extra ...actions.Action) *world {
	t.Helper()
	w := &world{
		GitLab: gitlabtest.Start(t, "platform", "apps"), clock: clock.NewManual(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)),
		callbacks: &callbacks{}, extra: extra,
	}
	w.catalog = catalogtest.New(t, w.GitLab)
	w.template(t, steps, skeleton)
	w.stores(t)
	w.build(t)
	return w
}

func (w *world) template(t testing.TB, steps string, skeleton map[string]string) {
	t.Helper()
	head := "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: service}\nspec:\n  type: service\n" +
		"  parameters: {properties: {name: {type: string}, environments: {type: array}, none: {type: array}, list: {type: array}, tests: {type: boolean}}}\n  steps:\n"
	tail := "  output: {text: [{content: '${{ parameters.name }}'}]}\n"
	if strings.Contains(steps, publishStep) {
		tail = "  output: {text: [{content: '${{ parameters.name }} at ${{ steps.publish.output.remoteUrl }}'}]}\n"
	}
	files := map[string]string{"service/template.yaml": head + replaceHost(steps, w.URL) + tail}
	for name, content := range skeleton {
		files["service/skeleton/"+name] = content
	}
	for _, name := range []string{"environments.yaml", "providers.yaml"} {
		body, err := templates.Files.ReadFile("environments/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(body)
	}
	w.Project(t, "platform/templates", files)
	for _, name := range []string{"service/template.yaml", "environments.yaml", "providers.yaml"} {
		catalogtest.Register(t, w.catalog, w.GitLab, "platform/templates", name)
	}
}

func (w *world) stores(t testing.TB) {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "t.db"), Clock: w.clock, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if w.table, err = file.Table("operations"); err != nil {
		t.Fatal(err)
	}
	blobs, err := dirblob.Open(dirblob.Config{Dir: inmemory.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	if w.spaces, err = workspace.New(workspace.Config{Blobs: blobs}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) build(t testing.TB) {
	t.Helper()
	var err error
	if w.places, err = environments.New(environments.Config{Catalog: w.catalog, Accounts: []string{"111111111111", "222222222222"}}); err != nil {
		t.Fatal(err)
	}
	create, err := intake.NewCreateApp(intake.Deps{Catalog: w.catalog, Environments: w.places, Machine: "create-app"})
	if err != nil {
		t.Fatal(err)
	}
	w.ops, err = operations.New(operations.Deps{
		Table: w.table, Clock: w.clock, IDs: &ids.Sequence{Prefix: "op"}, Log: logging.Discard(), Workflow: executions{}, Definitions: []operations.Definition{create}, Bell: operations.NewBell(), Callbacks: w.callbacks, Sealer: sealer(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.watch = scaffolder.PipelineWatch{Pipelines: w.Client, Waits: operations.Waits{Table: w.table, Clock: w.clock}, Callbacks: w.callbacks, Log: logging.Discard()}
	w.tasks = w.newTasks(t)
}

func sealer(t testing.TB) *sealing.Sealer {
	t.Helper()
	s, err := sealing.New(sealing.Config{Secrets: []string{strings.Repeat("k", sealing.MinSecret)}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) newTasks(t testing.TB) map[string]workflow.Task {
	t.Helper()
	engine, err := templating.New(templating.Config{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := gitlabsource.New(gitlabsource.Config{Base: w.URL, Projects: w.Client, Repositories: w.Client})
	if err != nil {
		t.Fatal(err)
	}
	reader := source.Reader{Files: files, Projects: w.Client, Repositories: w.Client}
	ledger, err := operations.NewLedger(operations.LedgerConfig{
		Operations: w.ops, Performers: w.performers(), Log: logging.Discard(), Owner: "process", SoleOwner: true, Attempt: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	registry := w.registry(t, reader, engine)
	steps, err1 := script.New(engine)
	rehearser, err2 := rehearsal.New(rehearsal.Config{Actions: registry, Script: steps})
	w.planner, err = scaffolder.NewPlanner(scaffolder.PlannerDeps{Catalog: w.catalog, Environments: w.places, Sources: reader, Rehearser: rehearser, Projects: w.Client, Namespaces: w.Client})
	if err := errors.Join(err1, err2, err); err != nil {
		t.Fatal(err)
	}
	tasks, err := scaffolder.NewTasks(scaffolder.TaskDeps{
		Operations: w.ops, Ledger: ledger, Catalog: w.catalog, Planner: w.planner,
		Actions: registry, Script: steps, Workspaces: w.spaces, Watch: w.watch, Log: logging.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return tasks.ByName()
}

func (w *world) registry(t testing.TB, reader source.Reader, engine *templating.Engine) *actions.Registry {
	t.Helper()
	list, err := actions.NewFiles(actions.FilesConfig{Skeletons: source.Kept{Skeletons: reader, Spaces: w.spaces}, Engine: engine, Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	publish, err := actions.NewPublishGitLab(actions.PublishConfig{BaseURL: w.URL})
	if err != nil {
		t.Fatal(err)
	}
	list = append(list, publish, actions.CatalogRegister{})
	for _, a := range w.extra { // in the place of the one with the same id
		for i := range list {
			if list[i].ID() == a.ID() {
				list[i] = a
			}
		}
	}
	r, err := actions.NewRegistry(list...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) performers() map[string]operations.Performer {
	secrets := func(context.Context) (effects.HookSecrets, error) { return effects.HookSecrets{Token: "t"}, nil }
	return map[string]operations.Performer{
		effects.ProjectKind:  effects.Project{Projects: w.Client, Repositories: w.Client},
		effects.CommitKind:   effects.Commit{Projects: w.Client, Repositories: w.Client, Workspaces: w.spaces},
		effects.HookKind:     effects.Hook{Projects: w.Client, Hooks: w.Client, URL: "http://127.0.0.1:9/webhooks/gitlab", Secrets: secrets},
		effects.PipelineKind: effects.Pipeline{Projects: w.Client, Pipelines: w.Client},
		effects.LocationKind: effects.Location{Locations: effects.CatalogLocations{Catalog: w.catalog}},
	}
}

// accept asks for an application.
func (w *world) accept(t *testing.T, values map[string]any) string {
	t.Helper()
	return w.acceptWith(t, values, nil)
}

// acceptWith asks for an application whose template gets secrets.
func (w *world) acceptWith(t *testing.T, values map[string]any, secrets map[string]string) string {
	t.Helper()
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: "service", Values: keyorder.Object{Map: values}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := correlation.With(t.Context(), correlation.IDs{Actor: "user:default/ann", RequestID: "req-1"})
	o, err := w.ops.Accept(ctx, operations.Request{Type: scaffolder.CreateAppType, Input: input, Secrets: secrets})
	if err != nil {
		t.Fatal(errs.Explain(err))
	}
	return o.ID
}

// run runs tasks in order as the state machine would, and gives the last one's result.
func (w *world) run(t *testing.T, id string, tasks ...string) string {
	t.Helper()
	out := ""
	for _, task := range tasks {
		raw, err := w.call(t, id, task, nil)
		if err != nil {
			t.Fatalf("%s: %v", task, err)
		}
		out = string(raw)
	}
	return out
}

// call runs one task with more in its input.
func (w *world) call(t *testing.T, id, task string, more map[string]any) (json.RawMessage, error) {
	t.Helper()
	in := map[string]any{"task": task, "operationId": id}
	for k, v := range more {
		in[k] = v
	}
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return w.tasks[task](t.Context(), raw)
}

func (w *world) operation(t *testing.T, id string) *operations.Operation {
	t.Helper()
	o, err := w.ops.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// pipeline gives the application's pipeline.
func (w *world) pipeline(t *testing.T) (project, id int64) {
	t.Helper()
	return w.pipelineOf(t, "apps/orders")
}

// pipelineOf gives the one pipeline of a project.
func (w *world) pipelineOf(t *testing.T, path string) (project, id int64) {
	t.Helper()
	p, err := w.Client.Project(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.Client.PipelinesOf(t.Context(), p.ID, "main", 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d pipelines, %v", len(list), err)
	}
	return p.ID, list[0].ID
}

// pipelineEnds waits until the application's pipeline has ended.
func (w *world) pipelineEnds(t *testing.T) (project, id int64) {
	t.Helper()
	return w.pipelineOfEnds(t, "apps/orders")
}

func (w *world) pipelineOfEnds(t *testing.T, path string) (project, id int64) {
	t.Helper()
	project, id = w.pipelineOf(t, path)
	for {
		p, err := w.Client.Pipeline(t.Context(), project, id)
		if err != nil {
			t.Fatal(err)
		}
		if p.Status.Ended() {
			return project, id
		}
	}
}

// named expects a task's error of a name.
func named(t *testing.T, err error, name string) *workflow.TaskError {
	t.Helper()
	e, ok := err.(*workflow.TaskError)
	if !ok || e.Name != name {
		t.Fatalf("got %v of kind %s, want %s", err, errs.KindOf(err), name)
	}
	return e
}
