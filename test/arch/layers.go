package arch

import (
	"fmt"
	"slices"
	"strings"
)

// layer is a level of the hexagon. A package imports lower levels, and of its own level
// only its own folder and what allowed lists.
type layer int

const (
	platform layer = iota // knows no business word
	port                  // interfaces that several contexts need
	context               // the business
	edge                  // adapters and HTTP
	zone                  // what a program runs, put together over ports
	top                   // programs
)

// layers places folders, the longest match first.
var layers = []struct {
	dir   string
	layer layer
}{
	{"shared/platform", platform},
	{"statemachines", platform}, {"events", platform}, {"templates", platform},
	{"shared/table", port}, {"shared/blob", port}, {"shared/bus", port}, {"shared/workflow", port}, {"shared/scm", port},
	{"shared/catalog", context}, {"shared/scaffolder", context}, {"shared/environments", context}, {"shared/operations", context},
	{"shared/audit", context}, {"shared/auth", context}, {"shared/webhooks", context}, {"shared/reconcile", context},
	{"shared/ingest", context}, {"shared/runtime", context}, {"shared/outbox", context}, {"shared/sealing", context}, {"shared/usersettings", context},
	{"shared/adapters", edge}, {"shared/httpapi", edge}, {"shared/lambdahttp", edge}, {"shared/lambdaevent", edge}, {"shared/boot", edge},
	{"shared/zones", zone},
	{"shared/wire", top}, {"functions", top}, {"cmd", top},
}

// allowed lists the imports within a level that are not of the same folder, each with its
// reason. "context*" stands for every context.
var allowed = []struct{ from, to, reason string }{
	{"context*", "shared/outbox", "an event becomes true in the transaction of the context that caused it"},
	{"context*", "shared/auth", "who acts is a word that every context speaks"},
	{"shared/environments", "shared/catalog", "an environment is an entity, resolved through a port that speaks of entities"},
	{"shared/scaffolder", "shared/catalog", "templates and what they register are entities"},
	{"shared/scaffolder", "shared/environments", "an application is planned for environments"},
	{"shared/scaffolder", "shared/operations", "creating an application is an operation, each of its effects in the ledger"},
	{"shared/ingest", "shared/catalog", "says to the catalog what to read again, and hears what came of it"},
	{"shared/ingest", "shared/webhooks", "consumes the events that the receiver publishes"},
	{"shared/reconcile", "shared/catalog", "says to discovery which projects to look at, and hears what came of it"},
	{"shared/adapters", "shared/adapters/awserr", "errors of AWS are classified once"},
	{"shared/adapters", "shared/adapters/awsclient", "clients of AWS are configured in one place"},
	{"shared/adapters", "shared/adapters/assumerole", "roles of other accounts are assumed in one way"},
	{"shared/boot", "shared/adapters/awsclient", "every function starts with the configuration of AWS"},
	{"shared/boot", "shared/adapters/secrets", "what seals the secrets of operations is a secret itself"},
	{"shared/boot", "shared/adapters/assumerole", "templates see AWS alike in every function that plans them"},
	{"shared/boot", "shared/adapters/awsparams", "templates see AWS alike in every function that plans them"},
	{"shared/zones", "shared/zones/acceptance", "two zones take requests for operations, and do it alike"},
	{"cmd", "shared/wire", "the local program is the whole system in one process"},
}

// layerOf gives the level of a folder and the folder that it is placed by.
func layerOf(folder string) (layer, string, bool) {
	for _, l := range layers {
		if under(folder, l.dir) {
			return l.layer, l.dir, true
		}
	}
	return 0, "", false
}

// unit gives the folder within which packages import each other freely: each adapter, each
// zone, each program, for anything else the folder that it is placed by.
func unit(folder, placed string) string {
	rest, below := strings.CutPrefix(folder, placed+"/")
	if !below || !slices.Contains([]string{"shared/adapters", "shared/zones", "functions", "cmd"}, placed) {
		return placed
	}
	name, _, _ := strings.Cut(rest, "/")
	return placed + "/" + name
}

// Layers: functions, cmd, wire → zones → adapters, httpapi → contexts → ports → platform, never
// upwards and never sideways without a reason. Tests may import what they are run with.
func Layers(t Tree) []string {
	var found []string
	for _, f := range t.Files {
		if f.Test() || f.Dir() == "." {
			continue
		}
		from, placed, ok := layerOf(f.Dir())
		if !ok {
			found = append(found, f.Dir()+" has no place among the layers")
			continue
		}
		for _, p := range f.imports() {
			if to, ok := local(p); ok && !mayImport(f.Dir(), from, placed, to) {
				found = append(found, fmt.Sprintf("%s imports %s", f.Path, to))
			}
		}
	}
	return found
}

func mayImport(folder string, from layer, placed, to string) bool {
	level, toPlaced, ok := layerOf(to)
	switch {
	case !ok || level > from:
		return false
	case from == zone && toPlaced == "shared/adapters":
		return false // a zone runs on the cloud's adapters and on the embedded ones alike
	case level < from:
		return true
	case unit(folder, placed) == unit(to, toPlaced):
		return true
	}
	for _, a := range allowed {
		if (a.from == placed || a.from == "context*" && from == context) && under(to, a.to) {
			return true
		}
	}
	return false
}

// netHTTP lists the folders of contexts and ports that may speak HTTP, with the reason.
var netHTTP = map[string]string{
	"shared/auth":              "fetches the issuer's keys",
	"shared/catalog/websource": "fetches files of the hosts on its list, and checks every address it dials",
}

func mayUseHTTP(folder string) bool {
	for dir := range netHTTP {
		if under(folder, dir) {
			return true
		}
	}
	return false
}

// Pure: contexts and ports know neither AWS nor GitLab's client, and no HTTP.
func Pure(t Tree) []string {
	var found []string
	for _, f := range t.Files {
		level, _, ok := layerOf(f.Dir())
		if f.Test() || !ok || level > context {
			continue
		}
		for _, p := range f.imports() {
			foreign := strings.HasPrefix(p, "github.com/aws/") || strings.HasPrefix(p, gitlabClient)
			if foreign || under(p, "net/http") && !mayUseHTTP(f.Dir()) {
				found = append(found, fmt.Sprintf("%s imports %s", f.Path, p))
			}
		}
	}
	return found
}

// gitlabClient is imported by one package, so that its quirks stay in one place.
const (
	gitlabClient  = "github.com/xanzy/go-gitlab"
	gitlabAdapter = "shared/adapters/gitlab"
)

// OneGitLab: GitLab's client library is imported by exactly one package.
func OneGitLab(t Tree) []string {
	var found []string
	used := false
	for _, f := range t.Files {
		for _, p := range f.imports() {
			if !under(p, gitlabClient) {
				continue
			}
			if f.Dir() != gitlabAdapter {
				found = append(found, f.Path+" imports GitLab's client library")
			}
			used = true
		}
	}
	if !used {
		found = append(found, "nothing imports GitLab's client library")
	}
	return found
}

// banned are what no deployable may be built from, with the reason.
var banned = map[string]string{
	"shared/adapters/embedded": "it keeps state in a local file",
	"shared/wire":              "it is the local system",
	"cmd":                      "it is a program of its own",
	"test":                     "it is for tests",
	"testing":                  "it is for tests",
	"html/template":            "reflection over methods defeats the linker",
	"text/template":            "reflection over methods defeats the linker",

	"github.com/santhosh-tekuri/jsonschema/v6": "tests compare with it; forms are validated without it",
}

// Deployables: no function is built from what only runs locally.
func Deployables(t Tree) []string {
	var found []string
	for _, dir := range functions(t) {
		for p, chain := range t.reach(dir) {
			for folder, reason := range banned {
				if under(p, folder) {
					found = append(found, fmt.Sprintf("%s: %s", chain, reason))
				}
			}
		}
	}
	return found
}

// functions gives the folders of the deployables.
func functions(t Tree) []string {
	var dirs []string
	for _, dir := range t.packages() {
		if rest, ok := strings.CutPrefix(dir, "functions/"); ok && !strings.Contains(rest, "/") {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}
