package arch

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/test/template"
)

const root = "../.."

// repository reads this repository once for all tests.
var repository = sync.OnceValues(func() (Tree, error) { return Read(root) })

func deployed(t *testing.T) template.Template {
	t.Helper()
	tpl, err := template.Load(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// breach is a source that breaks a rule.
type breach struct {
	path, source string
	want         string // part of the violation
}

type rule struct {
	name     string
	find     func(Tree) []string
	breaches []breach
	fine     []breach // sources that the rule must let through; want is not used
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, r := range append(sizeRules(), append(stateRules(), layerRules()...)...) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			tree, err := repository()
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range r.find(tree) {
				t.Error(v)
			}
			for _, b := range r.breaches {
				if all := strings.Join(r.find(parse(t, b)), "\n"); !strings.Contains(all, b.want) || all == "" {
					t.Errorf("%s with %q: found %q, want %q", b.path, b.source, all, b.want)
				}
			}
			for _, f := range r.fine {
				if all := r.find(parse(t, f)); len(all) > 0 {
					t.Errorf("%s with %q: found %q, want nothing", f.path, f.source, all)
				}
			}
		})
	}
}

// parse makes a tree of one source and what fixtures import.
func parse(t *testing.T, b breach) Tree {
	t.Helper()
	tree, err := Parse(map[string]string{
		b.path:                             b.source,
		"shared/adapters/gitlab/gitlab.go": "// Package gitlab is a fixture.\npackage gitlab\n\nimport _ \"" + gitlabClient + "\"\n",
		"shared/table/table.go":            "// Package table is a fixture.\npackage table\n\nvar ErrGone = error(nil)\n",
		"shared/catalog/via/via.go":        "// Package via is a fixture.\npackage via\n\nimport _ \"testing\"\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestFunctionsAreDeployedAsTheyAreBuilt(t *testing.T) {
	t.Parallel()
	tree, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	for name, rule := range map[string]func(Tree, template.Template) []string{"parity": Parity, "permissions": Permissions, "settings": Settings} {
		for _, v := range rule(tree, deployed(t)) {
			t.Errorf("%s: %s", name, v)
		}
	}
}

// TestDeployedRulesFindBreaches runs the rules on a tree with one function, called
// webhooks, against the real template.
func TestDeployedRulesFindBreaches(t *testing.T) {
	t.Parallel()
	webhooks := func(imports ...string) Tree {
		source := "package main\n\nimport (\n\t\"" + Module + "/shared/platform/config\"\n"
		for _, i := range imports {
			source += "\t_ \"" + Module + "/shared/adapters/" + i + "\"\n"
		}
		source += ")\n\nfunc main() { r := config.FromEnvironment(); r.Required(\"TABLE_DELIVERIES\"); r.Required(\"WEBHOOK_SECRET\"); r.Optional(\"LOG_LEVEL\", \"\") }\n"
		return parse(t, breach{path: "functions/webhooks/main.go", source: source})
	}
	extra := parse(t, breach{path: "functions/mail/main.go", source: "package main\n"})
	reader := parse(t, breach{path: "functions/webhooks/main.go", source: "package main\n\nimport \"" + Module + "/shared/platform/config\"\n\nfunc main() { config.FromEnvironment().Required(\"EVENT_BUS\") }\n"})
	for _, c := range []struct {
		name string
		got  []string
		want string
	}{
		{"a folder that is not deployed", Parity(extra, deployed(t)), "functions/mail is not in template.yaml"},
		{"a function without folder", Parity(extra, deployed(t)), "RelayFunction has no functions/relay"},
		{"an adapter without right", Permissions(webhooks("dynamo", "secrets", "s3"), deployed(t)), "WebhooksRole does not allow actions on S3"},
		{"a right without adapter", Permissions(webhooks("dynamo"), deployed(t)), "functions/webhooks does not import shared/adapters/secrets"},
		{"a setting that is not set", Settings(reader, deployed(t)), "functions/webhooks reads EVENT_BUS"},
		{"a setting that nothing reads", Settings(reader, deployed(t)), "WebhooksFunction sets WEBHOOK_SECRET"},
	} {
		if all := strings.Join(c.got, "\n"); !strings.Contains(all, c.want) {
			t.Errorf("%s: found %q, want %q", c.name, all, c.want)
		}
	}
	if found := append(Permissions(webhooks("dynamo", "secrets"), deployed(t)), Settings(webhooks(), deployed(t))...); len(found) > 0 {
		t.Errorf("a good function: found %q, want nothing", found)
	}
}

func TestTextsSpeakOfTheProject(t *testing.T) {
	t.Parallel()
	found, err := Texts(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

func TestTextsFindsWhatLiesElsewhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lines := []string{"see /wo" + "rk/notes", "from ../sha" + "red/facts", "GOPROXY=https://proxy.go" + "lang.org", "https://py" + "pi.org/simple"}
	good := []string{"frame" + "work/x", "src/wo" + "rk/x"}
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(strings.Join(append(good, lines...), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Texts(dir)
	if err != nil || len(found) != len(lines) {
		t.Errorf("found %q, %v; want one for each of %q", found, err, lines)
	}
}

func TestLongFunctionsAreRare(t *testing.T) {
	t.Parallel()
	tree, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	all, long := Long(tree)
	t.Logf("%d of %d functions have more than %d lines", long, all, longFunction)
	if long*50 > all {
		t.Errorf("%d of %d functions have more than %d lines; more than one in fifty", long, all, longFunction)
	}
}
