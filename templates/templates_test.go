package templates_test

import (
	"context"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/form"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

func readTemplate(t *testing.T) *template.Template {
	t.Helper()
	body, err := templates.Files.ReadFile("serverless-api/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var entity map[string]any
	if err := yaml.Unmarshal(body, &entity); err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(entity)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := template.Parse(document, template.Config{Actions: func(id string) bool {
		return slices.Contains([]string{"fetch:template", "publish:gitlab", "catalog:register"}, id)
	}})
	if err != nil {
		t.Fatal(err, errs.Fields(err))
	}
	return parsed
}

// fill validates form values, as the scaffolder does before anything else.
func fill(t *testing.T, parsed *template.Template, values map[string]any) (map[string]any, error) {
	t.Helper()
	var pages []map[string]any
	for _, p := range parsed.Pages {
		pages = append(pages, p.Schema)
	}
	f, err := form.New(form.Config{Pages: pages})
	if err != nil {
		t.Fatal(err)
	}
	return f.Validate(values)
}

func environment(name, category string, approval bool, providers ...any) map[string]any {
	return map[string]any{
		"ref": "awsenvironment:default/" + name, "name": name, "shortName": name,
		"category": category, "requiresApproval": approval, "providers": providers,
	}
}

func provider(name, account, region string) any {
	return map[string]any{
		"name": name, "account": account, "region": region, "stackName": "slipway-" + name,
		"provisioningRole": "arn:aws:iam::" + account + ":role/slipway-" + name + "-provisioning-role",
	}
}

func standardEnvironments() []any {
	return []any{
		environment("dev", "development", false, provider("serverless-dev", "111111111111", "eu-west-1")),
		environment("qa", "testing", false, provider("serverless-qa", "222222222222", "eu-west-1")),
		environment("prod", "production", true, provider("serverless-prod", "333333333333", "eu-west-1")),
	}
}

// render runs the template's first step and gives the files of the new repository.
func render(t *testing.T, values map[string]any, environments []any) *workspace.Files {
	t.Helper()
	parsed := readTemplate(t)
	filled, err := fill(t, parsed, values)
	if err != nil {
		t.Fatal(err, errs.Fields(err))
	}
	engine, err := templating.New(templating.Config{})
	if err != nil {
		t.Fatal(err)
	}
	scope := map[string]any{"parameters": filled, "environments": environments}
	step := parsed.Steps[0]
	inputs := map[string]any{}
	for name, v := range step.Input.Map["values"].(map[string]any) {
		if inputs[name], err = engine.Value(t.Context(), name, v.(string), scope); err != nil {
			t.Fatal(err)
		}
	}
	var files workspace.Files
	options := workspace.FetchOptions{TemplateFileExtension: step.Input.Map["templateFileExtension"].(string)}
	if err := workspace.FetchTemplate(t.Context(), engine, &files, skeleton(t), map[string]any{"values": inputs}, options); err != nil {
		t.Fatal(err)
	}
	return &files
}

func skeleton(t *testing.T) *workspace.Files {
	t.Helper()
	var list []workspace.File
	root, err := fs.Sub(templates.Files, "serverless-api/skeleton")
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, name)
		list = append(list, workspace.File{Path: name, Content: body, Executable: path.Ext(name) == ".sh"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := workspace.Collect(list)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func content(t *testing.T, files *workspace.Files, name string) []byte {
	t.Helper()
	f, there := files.Get(name)
	if !there {
		t.Fatalf("%s is missing", name)
	}
	return f.Content
}

func orders() map[string]any {
	return map[string]any{"name": "orders", "description": `Takes "orders": all of them`}
}

func TestRenderedRepository(t *testing.T) {
	t.Parallel()
	files := render(t, orders(), standardEnvironments())
	var names []string
	for _, f := range files.All() {
		names = append(names, f.Path)
		if strings.Contains(string(f.Content), "${{") || strings.Contains(string(f.Content), "{%") {
			t.Errorf("%s still holds template text", f.Path)
		}
	}
	slices.Sort(names)
	want := []string{".gitignore", ".gitlab-ci.yml", "Makefile", "README.md", "catalog-info.yaml", "deploy.sh", "go.mod", "go.sum",
		"handler.go", "handler_test.go", "main.go", "template.yaml"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, name := range []string{".gitlab-ci.yml", "catalog-info.yaml", "README.md"} {
		golden(t, filepath.Join("testdata", "orders", name+".golden"), content(t, files, name))
	}
	if f, _ := files.Get("deploy.sh"); !f.Executable {
		t.Error("deploy.sh is not executable")
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

type job struct {
	Stage       string
	Needs       []any
	Variables   map[string]string
	Environment struct {
		Name string
		Tier string `yaml:"deployment_tier"`
	}
	ResourceGroup string `yaml:"resource_group"`
	Rules         []struct {
		When         string
		AllowFailure *bool `yaml:"allow_failure"`
	}
}

// An environment may have several providers: all of them deploy side by side, and the
// next environment waits for all.
func TestPipelineOfSeveralProviders(t *testing.T) {
	t.Parallel()
	files := render(t, orders(), []any{
		environment("qa", "", false, provider("eu", "111111111111", "eu-west-1"), provider("us", "222222222222", "us-east-1")),
		environment("prod", "production", true, provider("eu-prod", "333333333333", "eu-west-1")),
	})
	var pipeline map[string]yaml.Node
	if err := yaml.Unmarshal(content(t, files, ".gitlab-ci.yml"), &pipeline); err != nil {
		t.Fatal(err)
	}
	read := func(name string) job {
		node, there := pipeline[name]
		if !there {
			t.Fatalf("there is no job %s", name)
		}
		var j job
		if err := node.Decode(&j); err != nil {
			t.Fatal(err)
		}
		return j
	}
	us, prod := read("deploy-qa-us"), read("deploy-prod")
	read("deploy-qa-eu")
	if us.Variables["AWS_REGION"] != "us-east-1" || us.Environment.Name != "qa/us" || us.Environment.Tier != "other" || us.Rules[0].When != "" {
		t.Errorf("deploy-qa-us is %+v", us)
	}
	if len(prod.Needs) != 3 || prod.Environment.Tier != "production" || prod.Rules[0].When != "manual" || *prod.Rules[0].AllowFailure {
		t.Errorf("deploy-prod is %+v", prod)
	}
	if us.ResourceGroup == read("deploy-qa-eu").ResourceGroup {
		t.Error("two providers share one resource group")
	}
}

func TestFormRefusesWhatWouldBreakTheRepository(t *testing.T) {
	t.Parallel()
	parsed := readTemplate(t)
	for _, name := range []string{"", "ab", "Orders", "1orders", "or--ders", "orders-", "-orders", "or_ders", "or ders", "orders\n", "../etc", strings.Repeat("x", 31), "${{x}}"} {
		if _, err := fill(t, parsed, map[string]any{"name": name}); err == nil {
			t.Errorf("name %q was accepted", name)
		}
	}
	_, err := fill(t, parsed, map[string]any{"name": "orders", "environments": []any{}, "visibility": "public", "repository": "https://x", "owner": "a b", "description": "a\nb"})
	var got []string
	for _, f := range errs.Fields(err) {
		got = append(got, f.Pointer)
	}
	want := []string{"/description", "/environments", "/owner", "/repository", "/visibility"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Every entity file holds proper documents, and all.yaml leads to nothing that is absent.
func TestEntities(t *testing.T) {
	t.Parallel()
	var location struct {
		Spec struct{ Targets []string }
	}
	body, err := templates.Files.ReadFile("all.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(body, &location); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, target := range location.Spec.Targets {
		body, err := templates.Files.ReadFile(strings.TrimPrefix(target, "./"))
		if err != nil {
			t.Errorf("all.yaml names %s: %v", target, err)
			continue
		}
		for document := range strings.SplitSeq(string(body), "\n---\n") {
			var e struct {
				APIVersion, Kind string
				Metadata, Spec   map[string]any
			}
			if err := yaml.Unmarshal([]byte(document), &e); err != nil || e.Kind == "" || e.Metadata["name"] == nil {
				t.Errorf("%s: %v in\n%s", target, err, document)
			}
			kinds[e.Kind]++
		}
	}
	want := map[string]int{"AWSEnvironment": 3, "AWSEnvironmentProvider": 3, "Group": 1, "User": 1, "Template": 1}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRenderedCodePassesItsTests(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a module")
	}
	t.Parallel()
	dir := t.TempDir()
	for _, f := range render(t, orders(), standardEnvironments()).All() {
		if err := os.WriteFile(filepath.Join(dir, f.Path), f.Content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t.Context(), t, dir, "go", "vet", "./...")
	run(t.Context(), t, dir, "go", "test", "./...")
	if out := run(t.Context(), t, dir, "gofmt", "-l", "."); out != "" {
		t.Errorf("not formatted: %s", out)
	}
	run(t.Context(), t, dir, "sh", "-n", "deploy.sh")
}

func run(ctx context.Context, t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// The description goes into YAML of several kinds: it must arrive unharmed.
func TestDescriptionsArriveUnharmed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`a: b # c`, `"quoted" 'twice'`, `\backslash`, `{{ x }} {% y %}`, `é 日本 😀`, `- list`, `&a *a !!x`} {
		files := render(t, map[string]any{"name": "orders", "description": text}, standardEnvironments())
		var info struct{ Metadata struct{ Description string } }
		if err := yaml.Unmarshal(content(t, files, "catalog-info.yaml"), &info); err != nil || info.Metadata.Description != text {
			got, _ := json.Marshal(info.Metadata.Description)
			t.Errorf("%q arrived as %s, %v", text, got, err)
		}
	}
}
