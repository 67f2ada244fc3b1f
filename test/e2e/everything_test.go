package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/wire"
	"github.com/slipwayhq/slipway/test/e2e/everything"
)

func addEverything(t *testing.T, p *process) {
	t.Helper()
	target, err := everything.Add(t.Context(), p.SCM, p.world.gitlabURL)
	if err != nil {
		t.Fatal(err)
	}
	if made, err := p.Catalog.RegisterLocation(t.Context(), "user:default/guest", target); err != nil || len(made.Problems) > 0 {
		t.Fatalf("%+v, %v", made.Problems, err)
	}
}

func everythingRequest(name string, fails bool) operations.Request {
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: everything.Template, Values: keyorder.Object{Map: map[string]any{"name": name, "fails": fails}}})
	if err != nil {
		panic(err)
	}
	return operations.Request{Type: scaffolder.RunTemplateType, Input: input, IdempotencyKey: name, Secrets: map[string]string{everything.Secret: "hunter2-" + name}}
}

// traces are what an application of that template leaves in GitLab and in the catalog.
type traces struct {
	Group, Project, Entity, Location bool
	Commits, Hooks, Pipelines        int
	Variables                        string
	Tokens, Open, Triggered, Running int
	Branch                           bool
	Secret                           string // "empty" or "filled"
	Passes                           int    // tokens of the project itself

	Guests         int    // level that the other group has
	Branches       string // of the project, protected ones with a star
	Deploys        int    // deploy tokens
	Pushed         string // what was pushed to
	Issues, Wishes int    // greeted; labelled
}

// whole is what is left of one that succeeded.
func whole() traces {
	return traces{
		Group: true, Project: true, Entity: true, Location: true, Commits: 1, Hooks: 1, Pipelines: 1,
		Variables: "DEPLOY_KEY HANDBOOK_TOKEN", Tokens: 1, Open: 1, Triggered: 1, Branch: true,
		Secret: "filled", Passes: 1,
		Guests: 20, Branches: "develop main* release*", Deploys: 1, Pushed: "bare draft main", Issues: 1, Wishes: 1,
	}
}

func tracesOf(t *testing.T, p *process, name string) traces {
	t.Helper()
	ctx, found := t.Context(), traces{}
	group, err := p.SCM.Group(ctx, "apps/team-"+name)
	if found.Group = !absent(t, err); found.Group {
		guests, err := p.SCM.Group(ctx, everything.Guests)
		must(t, err)
		found.Guests, err = p.SCM.Member(ctx, scm.Membership{Group: group.ID, Guests: guests.ID})
		must(t, err)
	}
	project, err := p.SCM.Project(ctx, "apps/team-"+name+"/"+name)
	if found.Project = !absent(t, err); found.Project {
		found.inProject(t, p, project)
	}
	found.inHandbook(t, p, name)
	_, err = p.Catalog.Entity(ctx, "component:default/"+name)
	found.Entity = !absent(t, err)
	found.Secret = secretOf(t, p, name)
	locations, err := p.Catalog.Locations(ctx)
	must(t, err)
	for _, l := range locations {
		found.Location = found.Location || strings.Contains(l.Target, "/team-"+name+"/")
	}
	return found
}

func secretOf(t *testing.T, p *process, name string) string {
	t.Helper()
	if _, err := p.Secrets.StoredSecret(t.Context(), wire.LocalRegion, "apps/"+name); absent(t, err) {
		return ""
	}
	if _, err := p.Secrets.Value(t.Context(), wire.LocalRegion, "apps/"+name); absent(t, err) {
		return "empty"
	}
	return "filled"
}

func (f *traces) inProject(t *testing.T, p *process, project scm.Project) {
	t.Helper()
	commits, err := p.SCM.Commits(t.Context(), project.ID, "main", 10)
	if !absent(t, err) {
		f.Commits = len(commits)
	}
	hooks, err := p.SCM.Hooks(t.Context(), project.ID)
	must(t, err)
	runs, err := p.SCM.PipelinesOf(t.Context(), project.ID, "main", 10)
	must(t, err)
	tokens, err := p.SCM.AccessTokens(t.Context(), project.ID)
	must(t, err)
	f.Hooks, f.Pipelines, f.Passes = len(hooks), len(runs), len(tokens)
	var keys []string
	for _, key := range []string{"DEPLOY_KEY", "HANDBOOK_TOKEN"} {
		if v, err := p.SCM.Variable(t.Context(), project.ID, key, "*"); !absent(t, err) {
			if keys = append(keys, key); !v.Masked {
				t.Errorf("%s of %s is not masked", key, project.Path)
			}
		}
	}
	f.Variables = strings.Join(keys, " ")
	f.branches(t, p, project.ID)
}

func (f *traces) branches(t *testing.T, p *process, project int64) {
	t.Helper()
	list, err := p.SCM.SearchBranches(t.Context(), project, "", 10)
	must(t, err)
	protected, err := p.SCM.ProtectedBranches(t.Context(), project)
	must(t, err)
	for i, name := range list {
		if slices.Contains(protected, name) {
			list[i] += "*"
		}
	}
	f.Branches = strings.Join(list, " ")
}

// pushed finds out which branches of the handbook hold what was pushed to them.
func (f *traces) pushed(t *testing.T, p *process, book int64, name string) {
	t.Helper()
	var found []string
	if _, err := p.SCM.Head(t.Context(), book, "bare-"+name); !absent(t, err) {
		found = append(found, "bare")
	}
	if _, err := p.SCM.File(t.Context(), book, "drafts/"+name+".md", "draft-"+name); !absent(t, err) {
		found = append(found, "draft")
	}
	if _, err := p.SCM.File(t.Context(), book, "notes/"+name+".md", "main"); !absent(t, err) {
		found = append(found, "main")
	}
	f.Pushed = strings.Join(found, " ")
}

// issues counts those of the handbook that are about an application.
func (f *traces) issues(t *testing.T, p *process, book int64, name string) {
	t.Helper()
	list, err := p.SCM.OwnIssues(t.Context(), book, 1000)
	must(t, err)
	for _, i := range list {
		switch {
		case i.Number == everything.Wish && slices.Contains(i.Labels, name):
			f.Wishes++
		case i.Title == "Greet "+name && i.State == "closed" && slices.Equal(i.Labels, []string{"greeted", "welcome"}):
			f.Issues++
		case i.Title == "Greet "+name:
			t.Errorf("there is %+v", i)
		}
	}
}

// inHandbook counts what there is of an application in somebody else's project.
func (f *traces) inHandbook(t *testing.T, p *process, name string) {
	t.Helper()
	ctx := t.Context()
	book, err := p.SCM.Project(ctx, everything.Handbook)
	must(t, err)
	tokens, err := p.SCM.AccessTokens(ctx, book.ID)
	must(t, err)
	for _, token := range tokens {
		if token.Name == name || strings.HasPrefix(token.Name, name+" ") {
			f.Tokens++
		}
	}
	deploys, err := p.SCM.DeployTokens(ctx, book.ID)
	must(t, err)
	for _, token := range deploys {
		if strings.HasPrefix(token.Name, name+" ") {
			f.Deploys++
		}
	}
	f.pushed(t, p, book.ID, name)
	f.issues(t, p, book.ID, name)
	proposed, err := p.SCM.MergeRequestsFrom(ctx, book.ID, "add-"+name)
	must(t, err)
	for _, m := range proposed {
		if m.State == "opened" {
			f.Open++
		}
	}
	branches, err := p.SCM.SearchBranches(ctx, book.ID, "add-"+name, 100)
	must(t, err)
	f.Branch = slices.Contains(branches, "add-"+name)
	runs, err := p.SCM.PipelinesOf(ctx, book.ID, "main", 1000)
	must(t, err)
	for _, run := range runs {
		variables, err := p.SCM.PipelineVariables(ctx, book.ID, run.ID)
		must(t, err)
		if variables["COMPONENT"] != name {
			continue
		}
		if f.Triggered++; !run.Status.Ended() {
			f.Running++
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// absent tells what is not there from what can't be seen.
func absent(t *testing.T, err error) bool {
	t.Helper()
	if err != nil && !errors.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
	return err != nil
}

// mustBeWholeOrGone holds what is left against how the operation ended. Pipelines that have
// run stay in GitLab's list; none may go on.
func mustBeWholeOrGone(t *testing.T, p *process, name string, o *operations.Operation) {
	t.Helper()
	want, got := whole(), tracesOf(t, p, name)
	got.Running = 0
	if o.Status != operations.Succeeded {
		want, got.Triggered = traces{}, 0
	}
	if got != want || o.Status == operations.Parked {
		t.Errorf("%s ended as %s (%+v):\nwant %+v\ngot  %+v", name, o.Status, o.Problem, want, got)
	}
	if _, err := p.Operations.Reveal(t.Context(), o.ID, operations.SecretReference(everything.Secret)); !errors.Is(err, errs.Conflict) {
		t.Errorf("%s: its secret is still there: %v", name, err)
	}
}

// mustBeAsPlanned holds the ledger against the plan.
func mustBeAsPlanned(t *testing.T, p *process, o *operations.Operation) {
	t.Helper()
	var planned, made []string
	for _, e := range o.Plan.Effects {
		planned = append(planned, e.ID+" "+e.Kind)
	}
	for _, e := range mustLedger(t, p, o.ID) {
		made = append(made, e.ID+" "+e.Kind)
		if e.State != operations.Done || !o.Plan.Holds(e.Effect) {
			t.Errorf("%s: %s is %s and not as planned", o.ID, e.ID, e.State)
		}
	}
	slices.Sort(planned)
	slices.Sort(made)
	if !slices.Equal(planned, made) {
		t.Errorf("%s: planned %q, made %q", o.ID, planned, made)
	}
}

func TestATemplateThatUsesEverything(t *testing.T) {
	t.Parallel()
	p := newWorld(t).seeded(t)
	defer p.stop(t)
	addEverything(t, p)
	for _, fails := range []bool{false, true} {
		name := fmt.Sprintf("all-%v", fails)
		o := p.run(t, everythingRequest(name, fails))
		if (o.Status == operations.Succeeded) == fails {
			t.Errorf("%s ended as %s: %+v", name, o.Status, o.Problem)
		}
		mustBeWholeOrGone(t, p, name, o)
		mustBeAudited(t, p, o)
		if !fails {
			mustBeAsPlanned(t, p, o)
		}
	}
}

// TestAStopAtAnyPointOfEverything stops the process right before and right after every call
// that changes something, of a creation that succeeds and of one that is undone.
func TestAStopAtAnyPointOfEverything(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes with the race detector")
	}
	t.Parallel()
	every := map[string]int{"scm": 9, "aws": 3}
	if full() {
		every = map[string]int{"scm": 1, "operations": 11, "catalog": 3, "aws": 1}
	}
	for _, undone := range []bool{false, true} {
		t.Run(fmt.Sprintf("undone: %v", undone), func(t *testing.T) {
			t.Parallel()
			points := untilUnmet(t, every, func(t *testing.T) func(*testing.T, stop) bool {
				w := newWorld(t)
				p := w.seeded(t)
				addEverything(t, p)
				p.stop(t)
				return func(t *testing.T, point stop) bool { return stopEverything(t, w, undone, point) }
			})
			if least := map[bool]int{false: 46, true: 80}[undone]; full() && points["scm"] < least {
				t.Errorf("only %v points were met", points)
			}
			t.Logf("points: %v (every one of GitLab: %v)", points, full())
		})
	}
}

// stopEverything reports whether the bomb went off.
func stopEverything(t *testing.T, w *world, fails bool, point stop) bool {
	t.Helper()
	name, b := point.String(), point.bomb()
	p := w.start(t, b.layers())
	b.arm()
	req := everythingRequest(name, fails)
	if o, err := p.Operations.Accept(as(t.Context(), name), req); err == nil {
		waitForDeath(t, p, b, o.ID)
	}
	p.stop(t)
	next := w.start(t, layers{})
	defer next.stop(t)
	o, err := next.Operations.Accept(as(t.Context(), name), req)
	if err != nil {
		t.Errorf("%s: asking again: %v", name, err)
		return isFired(b)
	}
	ended := next.ended(t, o.ID)
	mustBeWholeOrGone(t, next, name, ended)
	if (ended.Status == operations.Succeeded) == fails {
		t.Errorf("%s: ended as %s: %+v", point, ended.Status, ended.Problem)
	}
	return isFired(b)
}
