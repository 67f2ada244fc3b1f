package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/wire/demo"
)

// meddler is somebody else who is at work in GitLab right before one call of the system.
type meddler struct {
	scm.Client
	call string
	once *sync.Once
	act  func(host scm.Client)
}

func meddling(call string, act func(host scm.Client)) layers {
	once := &sync.Once{}
	return layers{scm: func(c scm.Client) scm.Client { return meddler{c, call, once, act} }}
}

func (m meddler) before(call string) {
	if call == m.call {
		m.once.Do(func() { m.act(m.Client) })
	}
}

func (m meddler) CreateProject(ctx context.Context, p scm.NewProject) (scm.Project, error) {
	m.before("CreateProject")
	return m.Client.CreateProject(ctx, p)
}

func (m meddler) DeleteProject(ctx context.Context, id int64) error {
	m.before("DeleteProject")
	return m.Client.DeleteProject(ctx, id)
}

func (m meddler) Commit(ctx context.Context, id int64, c scm.NewCommit) (scm.Commit, error) {
	m.before("Commit")
	return m.Client.Commit(ctx, id, c)
}

func (m meddler) CreateHook(ctx context.Context, id int64, h scm.NewHook) (scm.Hook, error) {
	m.before("CreateHook")
	return m.Client.CreateHook(ctx, id, h)
}

func (m meddler) DeleteHook(ctx context.Context, project, hook int64) error {
	m.before("DeleteHook")
	return m.Client.DeleteHook(ctx, project, hook)
}

func (m meddler) StartPipeline(ctx context.Context, id int64, ref string, v map[string]string) (scm.Pipeline, error) {
	m.before("StartPipeline")
	return m.Client.StartPipeline(ctx, id, ref, v)
}

func (m meddler) CancelPipeline(ctx context.Context, project, id int64) error {
	m.before("CancelPipeline")
	return m.Client.CancelPipeline(ctx, project, id)
}

// seededWith gives a running process in a world that was seeded before, with the template
// whose pipeline fails in it.
func seededWith(t *testing.T, l layers) *process {
	t.Helper()
	w := newWorld(t)
	p := w.seeded(t)
	addDoomedTemplate(t, p)
	p.stop(t)
	return w.start(t, l)
}

// run asks for an operation and waits for its end.
func (p *process) run(t *testing.T, r operations.Request) *operations.Operation {
	t.Helper()
	o, err := p.Operations.Accept(as(t.Context(), t.Name()), r)
	if err != nil {
		t.Fatal(err)
	}
	return p.ended(t, o.ID)
}

func deleteProject(t *testing.T, path string) func(scm.Client) {
	return func(host scm.Client) {
		p, err := host.Project(context.Background(), path)
		if err == nil {
			err = host.DeleteProject(context.Background(), p.ID)
		}
		if err != nil {
			t.Errorf("deleting %s behind the system's back: %v", path, err)
		}
	}
}

// TestARepositoryThatIsDeletedMeanwhile deletes the repository before each later call, on
// the way there and on the way back.
func TestARepositoryThatIsDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		call string
		req  operations.Request
		said string
	}{
		{"Commit", request("orders"), "GitLab has no such thing, or not for this token"},
		{"CreateHook", request("orders"), "GitLab has no such thing, or not for this token"},
		{"StartPipeline", request("orders"), "GitLab has no such thing, or not for this token"},
		{"CancelPipeline", doomedRequest("orders"), "the pipeline ended as failed"},
		{"DeleteHook", doomedRequest("orders"), "the pipeline ended as failed"},
		{"DeleteProject", doomedRequest("orders"), "the pipeline ended as failed"},
	} {
		t.Run(tt.call, func(t *testing.T) {
			t.Parallel()
			p := seededWith(t, meddling(tt.call, deleteProject(t, "apps/orders")))
			defer p.stop(t)
			o := p.run(t, tt.req)
			mustHaveFailed(t, p, "orders", o, tt.said)
			mustBeAudited(t, p, o)
			if again := p.create(t, "orders"); again.Status != operations.Succeeded {
				t.Fatalf("the second attempt ended as %s: %+v", again.Status, again.Problem)
			}
			mustBeComplete(t, p, "orders")
		})
	}
}

// TestARepositoryThatIsDeletedWhileItsPipelineRuns deletes it without any webhook to tell:
// the look after the heartbeat finds out.
func TestARepositoryThatIsDeletedWhileItsPipelineRuns(t *testing.T) {
	t.Parallel()
	w := newWorldWithJobs(t, time.Minute)
	w.seeded(t).stop(t)
	c := newLeaping()
	p := w.startWith(t, c, layers{})
	defer p.stop(t)
	o := p.waiting(t, "orders")
	until(t, "the execution waits for its heartbeat", func() bool { return c.asleep.Load() > 0 })
	deleteProject(t, "apps/orders")(p.SCM)
	c.leap(heartbeat)
	mustHaveFailed(t, p, "orders", p.ended(t, o.ID), "the pipeline was deleted before it ended")
}

// TestSomebodyElsesWorkIsKept lets somebody else push to the new repository before its
// pipeline fails: the repository stays, and the operation says why.
func TestSomebodyElsesWorkIsKept(t *testing.T) {
	t.Parallel()
	for _, branch := range []string{"main", "feature"} {
		t.Run(branch, func(t *testing.T) {
			t.Parallel()
			var p *process
			p = seededWith(t, meddling("StartPipeline", func(host scm.Client) { p.world.pushTo(t, host, "apps/orders", branch) }))
			defer p.stop(t)
			o := p.run(t, doomedRequest("orders"))
			if o.Status != operations.Parked {
				t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
			}
			mustSay(t, p, "orders", o, "the pipeline ended as failed")
			if left := o.Problem.Left; len(left) != 1 || !strings.HasPrefix(left[0], "gitlab.project apps/orders: somebody else has committed to it (") {
				t.Errorf("what is left: %q", left)
			}
			mustHoldOnlyTheirWork(t, p, branch)
			mustBeAudited(t, p, o)
		})
	}
}

// pushTo commits a file to a branch, as somebody who is not the system.
func (w *world) pushTo(t *testing.T, host scm.Client, path, branch string) {
	project, err := host.Project(context.Background(), path)
	if err != nil {
		t.Errorf("finding %s behind the system's back: %v", path, err)
		return
	}
	body, err := json.Marshal(map[string]any{"branch": branch, "start_branch": "main", "commit_message": "My work [skip ci]", "actions": []map[string]string{
		{"action": "create", "file_path": "mine.txt", "content": "days of work"},
	}})
	if err != nil {
		t.Error(err)
	}
	if branch == "main" {
		body = bytes.Replace(body, []byte(`,"start_branch":"main"`), nil, 1)
	}
	r, err := http.NewRequest(http.MethodPost, w.gitlabURL+"/api/v4/projects/"+strconv.FormatInt(project.ID, 10)+"/repository/commits", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Private-Token", w.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Errorf("pushing to %s behind the system's back: %s", path, resp.Status)
	}
}

// mustHoldOnlyTheirWork holds what is left of a parked application: the repository with
// somebody else's file, and nothing that acts.
func mustHoldOnlyTheirWork(t *testing.T, p *process, branch string) {
	t.Helper()
	project, err := p.SCM.Project(t.Context(), "apps/orders")
	if err != nil {
		t.Fatal(err)
	}
	if f, err := p.SCM.File(t.Context(), project.ID, "mine.txt", branch); err != nil || string(f.Content) != "days of work" {
		t.Errorf("their work is gone: %q, %v", f.Content, err)
	}
	if hooks, err := p.SCM.Hooks(t.Context(), project.ID); err != nil || len(hooks) > 0 {
		t.Errorf("hooks are left: %v, %v", hooks, err)
	}
	if _, err := p.Catalog.Entity(t.Context(), "component:default/orders"); !errors.Is(err, errs.NotFound) {
		t.Errorf("a catalog entry is left: %v", err)
	}
}

// TestSomebodyElsesRepository finds a repository of the same path, there before or made in
// the very moment: it is not touched.
func TestSomebodyElsesRepository(t *testing.T) {
	t.Parallel()
	theirs := func(t *testing.T) func(scm.Client) {
		return func(host scm.Client) {
			made, err := host.CreateProject(context.Background(), scm.NewProject{Namespace: "apps", Slug: "orders", DefaultBranch: "main", Visibility: "private"})
			if err == nil {
				_, err = host.Commit(context.Background(), made.ID, scm.NewCommit{Branch: "main", Message: "Theirs", Changes: []scm.Change{{Action: scm.CreateFile, Path: "theirs", Content: []byte("x")}}})
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
	for name, race := range map[string]bool{"before": false, "in the very moment": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := layers{}
			if race {
				l = meddling("CreateProject", theirs(t))
			}
			p := seededWith(t, l)
			defer p.stop(t)
			if !race {
				theirs(t)(p.SCM)
			}
			o := p.run(t, request("orders"))
			if o.Status != operations.Failed {
				t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
			}
			mustSay(t, p, "orders", o, "the project apps/orders already exists and was not made by this operation")
			project, err := p.SCM.Project(t.Context(), "apps/orders")
			if err != nil {
				t.Fatal(err)
			}
			commits, err := p.SCM.Commits(t.Context(), project.ID, "", 10)
			hooks, errHooks := p.SCM.Hooks(t.Context(), project.ID)
			if err != nil || errHooks != nil || len(commits) != 1 || len(hooks) != 0 || commits[0].Message != "Theirs" {
				t.Errorf("their project was touched: %+v %v %+v %v", commits, err, hooks, errHooks)
			}
			if err := p.SCM.DeleteProject(t.Context(), project.ID); err != nil {
				t.Fatal(err)
			}
			if again := p.create(t, "orders"); again.Status != operations.Succeeded {
				t.Fatalf("once theirs is gone: %s: %+v", again.Status, again.Problem)
			}
		})
	}
}

// TestSomebodyElsesCatalogEntry registers an entity of the application's name while the
// application is being made: it stays, and the application goes.
func TestSomebodyElsesCatalogEntry(t *testing.T) {
	t.Parallel()
	var p *process
	p = seededWith(t, meddling("CreateHook", func(host scm.Client) { p.registerTheirs(t, host, "orders") }))
	defer p.stop(t)
	o := p.run(t, request("orders"))
	if o.Status != operations.Failed {
		t.Fatalf("ended as %s: %+v", o.Status, o.Problem)
	}
	mustSay(t, p, "orders", o, "component:default/orders")
	mustSay(t, p, "orders", o, "the entity belongs to ")
	if _, err := p.SCM.Project(t.Context(), "apps/orders"); !errors.Is(err, errs.NotFound) {
		t.Errorf("the project is left: %v", err)
	}
	e, err := p.Catalog.Entity(t.Context(), "component:default/orders")
	if err != nil || !strings.Contains(e.Annotation("backstage.io/managed-by-location"), "theirs.yaml") {
		t.Errorf("their entry is gone: %+v, %v", e, err)
	}
	if _, err := p.Operations.Accept(as(t.Context(), "again"), request("orders")); errs.Message(err) != "component:default/orders is already in the catalog" {
		t.Errorf("asking again: %v", err)
	}
}

func (p *process) registerTheirs(t *testing.T, host scm.Client, name string) {
	ctx := context.Background()
	project, err := host.Project(ctx, demo.PlatformGroup+"/templates")
	if err != nil {
		t.Error(err)
		return
	}
	body := "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + "}\nspec: {type: service, lifecycle: experimental, owner: group:default/platform}\n"
	_, err = host.Commit(ctx, project.ID, scm.NewCommit{Branch: "main", Message: "Theirs", Changes: []scm.Change{{Action: scm.CreateFile, Path: "theirs.yaml", Content: []byte(body)}}})
	if err != nil {
		t.Error(err)
	}
	made, err := p.Catalog.RegisterLocation(as(ctx, "theirs"), "user:default/them", p.world.gitlabURL+"/platform/templates/-/blob/main/theirs.yaml")
	if err != nil || len(made.Problems) > 0 {
		t.Error(made, err)
	}
}

// TestAPlaceThatDoesNotExist asks for repositories where none can be made.
func TestAPlaceThatDoesNotExist(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	host := strings.TrimPrefix(p.world.gitlabURL, "http://")
	for repository, said := range map[string]string{
		"gitlab.example.com?owner=apps":  `repoUrl names the host "gitlab.example.com"; repositories are created on ` + host,
		host + "?owner=nobody":           "the namespace nobody does not exist, or not for this token",
		host + "?owner=apps/no/subgroup": "the namespace apps/no/subgroup does not exist, or not for this token",
		host + "?owner=../platform":      "that is not the path of a group",
	} {
		o := p.run(t, requestWith(map[string]any{"name": "orders", "repository": repository}))
		if o.Status != operations.Failed || !strings.Contains(o.Problem.Message, said) {
			t.Errorf("%s: ended as %s: %+v, want %q", repository, o.Status, o.Problem, said)
		}
		mustBeClean(t, p, "orders")
	}
}
