package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/localaws"
	"github.com/slipwayhq/slipway/shared/adapters/gitlab"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/wire"
	"github.com/slipwayhq/slipway/shared/wire/demo"
	"github.com/slipwayhq/slipway/test/e2e/harmonix"
)

var update = flag.Bool("update", false, "write the golden files")

// harmonixPlaces are environments and providers as Harmonix's pipelines describe them.
const harmonixPlaces = "testdata/harmonix/places.yaml"

// harmonixParameters is what those pipelines have noted in the accounts.
func harmonixParameters() localaws.Parameters {
	of := func(name string) map[string]localaws.Parameter {
		prefix, out := "/opa/"+name, map[string]localaws.Parameter{}
		for _, what := range []string{"vpc", "vpc/public-subnets", "vpc/private-subnets", "cluster", "provisioning-role"} {
			out[prefix+"/"+what] = localaws.Parameter{Value: what + " of " + name}
		}
		return out
	}
	return localaws.Parameters{
		wire.LocalAccount: {wire.LocalRegion: {"/opa/platform-role": {Value: "the platform's role"}, "/opa/pipeline-role": {Value: "the pipelines' role"}}},
		"111111111111":    {"eu-west-1": of("ecs-eu"), "us-east-1": of("ecs-us")},
		"222222222222":    {"eu-west-1": of("eks-eu")},
		"333333333333":    {"eu-west-1": of("functions")},
	}
}

// harmonixWorld gives a process whose catalog holds all templates of a family.
func harmonixWorld(t *testing.T, family string) *process {
	t.Helper()
	w := newWorld(t)
	w.settings = func(c *wire.Config) {
		c.Parameters = harmonixParameters()
		c.PlatformGroups = append(c.PlatformGroups, harmonix.Groups()...)
	}
	for _, group := range harmonix.Groups() {
		must(t, w.gitlab.EnsureGroup(t.Context(), group, "internal"))
	}
	p := w.start(t, layers{})
	t.Cleanup(func() { p.stop(t) })
	project, err := p.SCM.CreateProject(t.Context(), scm.NewProject{Namespace: demo.PlatformGroup, Slug: "harmonix", DefaultBranch: "main", Visibility: "internal"})
	must(t, err)
	commit, err := harmonix.Commit(family, strings.TrimPrefix(w.gitlabURL, "http://"))
	must(t, err)
	places, err := os.ReadFile(harmonixPlaces)
	must(t, err)
	commit.Changes = append(commit.Changes, scm.Change{Action: scm.CreateFile, Path: "places.yaml", Content: places})
	_, err = p.SCM.Commit(t.Context(), project.ID, commit)
	must(t, err)
	folder := strings.TrimSuffix(family, ":")
	for _, file := range []string{"places.yaml", folder + "/all-templates.yaml", folder + "/aws-basic-environment-provider/template.yaml"} {
		made, err := p.Catalog.RegisterLocation(t.Context(), "user:default/guest", w.gitlabURL+"/platform/harmonix/-/blob/main/"+file)
		if err != nil || len(made.Problems) > 0 {
			t.Fatalf("%s: %+v, %v", file, made.Problems, err)
		}
	}
	return p
}

// TestHarmonixTemplates runs a template of the shape of each of Harmonix's 24 through the
// scaffolder's API, under both names of its actions: in short runs one of each shape.
func TestHarmonixTemplates(t *testing.T) {
	t.Parallel()
	if n := len(harmonix.Templates()); n != 24 {
		t.Fatalf("%d templates", n)
	}
	for _, family := range harmonix.Families() {
		t.Run(strings.TrimSuffix(family, ":"), func(t *testing.T) {
			t.Parallel()
			p := harmonixWorld(t, family)
			shapes := map[string]bool{}
			for _, template := range harmonix.Templates() {
				if testing.Short() && shapes[template.Shape] {
					continue
				}
				shapes[template.Shape] = true
				t.Run(template.Name, func(t *testing.T) {
					t.Parallel()
					p.runHarmonix(t, family, template)
				})
			}
		})
	}
}

// event is one of a task, as the API gives it.
type event struct {
	Type string
	Body struct {
		Message string
		Output  struct {
			Links []struct{ Title, URL, EntityRef string }
		}
	}
}

// scaffold asks the scaffolder's API.
func (p *process) scaffold(t *testing.T, method, path, body string, into any) int {
	t.Helper()
	r := httptest.NewRequest(method, "/api/scaffolder/v2/tasks"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	p.Portal.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s %s answers %d %s", method, path, w.Code, w.Body)
	}
	return w.Code
}

func (p *process) runHarmonix(t *testing.T, family string, template harmonix.Template) {
	host, name := strings.TrimPrefix(p.world.gitlabURL, "http://"), "my-"+template.Name
	body, err := json.Marshal(map[string]any{"templateRef": "template:default/" + template.NameIn(family), "values": template.Form(host, name)})
	must(t, err)
	var made struct {
		ID    string
		Error struct{ Message string }
	}
	code := p.scaffold(t, http.MethodPost, "", string(body), &made)
	if template.Unusable != "" {
		mustSayWhatIsMissing(t, p, template, code, made.Error.Message)
		return
	}
	if code != http.StatusCreated {
		t.Fatalf("%d %s", code, made.Error.Message)
	}
	if o := p.ended(t, made.ID); o.Problem != nil {
		t.Fatalf("%s: %+v", o.Status, o.Problem)
	}
	project, err := p.SCM.Project(t.Context(), template.Group+"/"+name)
	must(t, err)
	p.mustHoldHarmonixFiles(t, template, project)
	p.mustBeInCatalog(t, made.ID, template, name)
	if template.Shape == "app" {
		p.mustHaveToken(t, made.ID, name, project)
	}
}

// mustSayWhatIsMissing makes sure that a template that can't work says so before anything
// happens.
func mustSayWhatIsMissing(t *testing.T, p *process, template harmonix.Template, code int, told string) {
	t.Helper()
	if code != http.StatusBadRequest || !strings.Contains(told, template.Unusable) {
		t.Errorf("told %d %s", code, told)
	}
	list, err := p.SCM.ProjectsIn(t.Context(), template.Group, 0, 100)
	must(t, err)
	for _, project := range list.Projects {
		if strings.HasSuffix(project.Path, template.Name) {
			t.Errorf("it made %s", project.Path)
		}
	}
}

// mustHoldHarmonixFiles compares a repository with the golden file of its template, which is
// the same for both families.
func (p *process) mustHoldHarmonixFiles(t *testing.T, template harmonix.Template, project scm.Project) {
	t.Helper()
	tree, err := p.SCM.Tree(t.Context(), project.ID, "", "main")
	must(t, err)
	slices.SortFunc(tree, func(a, b scm.TreeEntry) int { return strings.Compare(a.Path, b.Path) })
	var b strings.Builder
	for _, entry := range tree {
		file, err := p.SCM.File(t.Context(), project.ID, entry.Path, "main")
		must(t, err)
		mode := ""
		if entry.Executable {
			mode = " (executable)"
		}
		body := string(file.Content)
		if !utf8.Valid(file.Content) {
			body = strconv.Quote(body) + "\n"
		}
		fmt.Fprintf(&b, "-- %s%s --\n%s", entry.Path, mode, body)
	}
	got := p.unmarked(t, b.String())
	golden := filepath.Join("testdata", "harmonix", template.Name+".golden")
	if *update {
		must(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", golden, diff)
	}
}

// unmarked takes out what differs from run to run: the address of GitLab and the last
// characters of ARNs of secrets.
func (p *process) unmarked(t *testing.T, text string) string {
	t.Helper()
	text = strings.ReplaceAll(text, strings.TrimPrefix(p.world.gitlabURL, "http://"), "HOST")
	before, rest, found := strings.Cut(text, "-access-token-")
	if !found {
		return text
	}
	return before + "-access-token-XXXXXX" + rest[6:]
}

func (p *process) mustBeInCatalog(t *testing.T, id string, template harmonix.Template, name string) {
	t.Helper()
	kind := map[string]string{"environment": "awsenvironment", "provider": "awsenvironmentprovider", "resource": "resource", "app": "component"}[template.Shape]
	found, err := p.Catalog.Entity(t.Context(), kind+":default/"+name)
	if err != nil || found.Spec["owner"] != "group:default/platform" {
		t.Fatalf("the catalog shows %+v, %v", found, err)
	}
	var events []event
	p.scaffold(t, http.MethodGet, "/"+id+"/events", "", &events)
	last := events[len(events)-1]
	links := last.Body.Output.Links
	if last.Type != "completion" {
		t.Errorf("the last event is %+v", last)
	}
	if len(links) != 2 || links[0].URL != p.world.gitlabURL+"/"+template.Group+"/"+name || links[1].EntityRef != kind+":default/"+name {
		t.Errorf("links %+v", links)
	}
}

// mustHaveToken makes sure that the application's secret holds a token that works in its
// project, and that nobody else was told.
func (p *process) mustHaveToken(t *testing.T, id, name string, project scm.Project) {
	t.Helper()
	value, err := p.Secrets.Value(t.Context(), wire.LocalRegion, "aws-apps-"+name+"-access-token")
	must(t, err)
	client, err := gitlab.New(gitlab.Config{BaseURL: p.world.gitlabURL, Clock: clock.System{}, Token: func(context.Context) (string, error) { return value, nil }})
	must(t, err)
	if got, err := client.ProjectByID(t.Context(), project.ID); err != nil || got.Path != project.Path {
		t.Errorf("the token reads %+v, %v", got, err)
	}
	tokens, err := p.SCM.AccessTokens(t.Context(), project.ID)
	must(t, err)
	if len(tokens) != 1 || tokens[0].Level != 40 || !strings.HasPrefix(tokens[0].Name, name+"-repo-access-token") || time.Until(tokens[0].Expires) < 360*24*time.Hour {
		t.Errorf("tokens %+v", tokens)
	}
	entries, err := p.Operations.Ledger(t.Context(), id)
	must(t, err)
	o, err := p.Operations.Get(t.Context(), id)
	must(t, err)
	lines, err := p.Operations.Log(t.Context(), id, 0, 1000)
	must(t, err)
	told, err := json.Marshal([]any{o, entries, lines})
	must(t, err)
	if strings.Contains(string(told), value) || !strings.Contains(string(told), "secret:aws-apps-"+name) {
		t.Error("the token is shown, or not even its secret")
	}
}

// TestHarmonixIsUndone fails an application at its last step: all that it made is undone,
// secret and token included.
func TestHarmonixIsUndone(t *testing.T) {
	t.Parallel()
	p := harmonixWorld(t, "opa:")
	i := slices.IndexFunc(harmonix.Templates(), func(t harmonix.Template) bool { return t.Shape == "app" })
	template, name := harmonix.Templates()[i], "doomed"
	form := template.Form(strings.TrimPrefix(p.world.gitlabURL, "http://"), name)
	form["component_id"] = "no name" // of an entity
	body, err := json.Marshal(map[string]any{"templateRef": "template:default/" + template.NameIn("opa:"), "values": form})
	must(t, err)
	var made struct{ ID string }
	p.scaffold(t, http.MethodPost, "", string(body), &made)
	o := p.ended(t, made.ID)
	if o.Status != operations.Failed || !strings.Contains(o.Problem.Message, "metadata/name") {
		t.Fatalf("%s: %+v", o.Status, o.Problem)
	}
	if _, err := p.SCM.Project(t.Context(), template.Group+"/"+name); !errors.Is(err, errs.NotFound) {
		t.Errorf("the project: %v", err)
	}
	if found, err := p.Secrets.StoredSecret(t.Context(), wire.LocalRegion, "aws-apps-"+name+"-access-token"); !errors.Is(err, errs.NotFound) {
		t.Errorf("the secret: %+v, %v", found, err)
	}
}
