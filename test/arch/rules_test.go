package arch

import "strings"

const doc = "// Package x is a fixture.\npackage x\n\n"

func sizeRules() []rule {
	body := strings.Repeat("\t_ = 1\n", maxFunctionLines)
	return []rule{
		{name: "files", find: Files, breaches: []breach{
			{"shared/x/x.go", doc + strings.Repeat("\n", maxFileLines), "shared/x/x.go has"},
		}},
		{name: "functions", find: Functions, breaches: []breach{
			{"shared/x/x.go", doc + "func f() {\n" + body + "}\n", "f has 82 lines"},
			{"shared/x/x_test.go", doc + "func f() {\n" + body + "}\n", "f has 82 lines"},
		}},
		{name: "mains", find: Mains, breaches: []breach{
			{"functions/x/main.go", doc + strings.Repeat("\n", maxMainLines), "functions/x/main.go has"},
			{"functions/x/helper.go", doc, "a function is one main.go"},
		}},
		{name: "docs", find: Docs, breaches: []breach{
			{"shared/x/x.go", "package x\n", "shared/x has no package comment"},
			{"shared/x/x.go", "// Some words.\npackage x\n", "shared/x has no package comment"},
			{"cmd/x/main.go", "package main\n", "cmd/x has no package comment"},
		}, fine: []breach{
			{"cmd/x/main.go", "// Command x does a thing.\npackage main\n", ""},
			{"test/x/x_test.go", "// Package x_test is a fixture.\npackage x_test\n", ""},
		}},
		{name: "names", find: Names, breaches: []breach{
			{"shared/platform/utils/x.go", doc, "shared/platform/utils"},
			{"shared/catalog/types/x.go", doc, "shared/catalog/types"},
		}},
	}
}

func stateRules() []rule {
	with := func(imports, rest string) string { return doc + imports + "\n\n" + rest + "\n" }
	return []rule{
		{name: "inits", find: Inits, breaches: []breach{
			{"shared/x/x.go", doc + "func init() {}\n", "has an init function"},
		}, fine: []breach{
			{"shared/x/x.go", doc + "type T struct{}\n\nfunc (T) init() {}\n", ""},
		}},
		{name: "places", find: Places, breaches: []breach{
			{"shared/x/x.go", with(`import "os"`, `var a = os.Getenv("A")`), "os.Getenv outside"},
			{"cmd/x/x.go", with(`import system "os"`, `var a, b = system.LookupEnv("A")`), "os.LookupEnv outside"},
			{"shared/x/x.go", with(`import "time"`, `var clock = time.Now`), "time.Now outside"},
			{"shared/x/x.go", with(`import "time"`, `func f() { time.Sleep(1) }`), "time.Sleep outside"},
			{"shared/x/x.go", with(`import "time"`, `func f() { <-time.After(1) }`), "time.After outside"},
			{"shared/platform/clock/deep/x.go", with(`import "time"`, `var clock = time.Now`), "time.Now outside"},
		}, fine: []breach{
			{"shared/platform/clock/x.go", with(`import "time"`, `var clock = time.Now`), ""},
			{"shared/x/x_test.go", with(`import "time"`, `var clock = time.Now`), ""},
			{"shared/x/x.go", with(`import "time"`, `type c struct{}; func (c) Now() int { return 0 }; func f(time c) int { return time.Now() }`), ""},
		}},
		{name: "globals", find: Globals, breaches: []breach{
			{"shared/x/x.go", doc + "var n = 0\n\nfunc f() { n = 1 }\n", "changes n"},
			{"shared/x/x.go", doc + "var n = 0\n\nfunc f() { n++ }\n", "changes n"},
			{"shared/x/x.go", doc + "var n = 0\n\nfunc f() *int { return &n }\n", "changes n"},
			{"shared/x/x.go", doc + "var m = map[int]int{}\n\nfunc f() { m[1] = 2 }\n", "changes m"},
			{"shared/x/x.go", doc + "var m = map[int]int{}\n\nfunc f() { delete(m, 1) }\n", "changes m"},
			{"shared/x/x.go", doc + "var l = []int{}\n\nfunc f() { l = append(l, 1) }\n", "changes l"},
			{"shared/x/x.go", doc + "var s = struct{ n int }{}\n\nfunc f() { s.n = 1 }\n", "changes s"},
			{"shared/x/x.go", doc + "import \"sync\"\n\nvar mu sync.Mutex\n", "mu has no value"},
			{"shared/x/x.go", with(`import "`+Module+`/shared/table"`, `func f() { table.ErrGone = nil }`), "shared/table.ErrGone"},
		}, fine: []breach{
			{"shared/x/x.go", doc + "var n = 0\n\nfunc f() { n := 1; n++; _ = n }\n", ""},
			{"shared/x/x.go", doc + "var n = 0\n\nfunc f(n int) { n = 1 }\n", ""},
			{"shared/x/x.go", doc + "import _ \"embed\"\n\n//go:embed x.go\nvar text string\n", ""},
			{"shared/x/x.go", doc + "var _ error = (*e)(nil)\n\ntype e struct{ error }\n", ""},
		}},
		{name: "expressions", find: Expressions, breaches: []breach{
			{"shared/x/x.go", with(`import "regexp"`, `var a = regexp.MustCompile("a")`), "compiled when a function starts"},
			{"shared/x/x.go", with(`import "regexp"`, `var (
	a = 1
	b = []any{regexp.MustCompile("a")}
)`), "compiled when a function starts"},
			{"shared/x/x.go", with(`import "`+lazyRegexp+`"`, "var a = lazyregexp.New(`(`)"), "missing closing )"},
		}, fine: []breach{
			{"shared/x/x.go", with(`import "`+lazyRegexp+`"`, "var a = lazyregexp.New(`a+`)"), ""},
			{"shared/x/x.go", with(`import "regexp"`, `func f() { regexp.MustCompile("a") }`), ""},
			{"shared/x/x_test.go", with(`import "regexp"`, `var a = regexp.MustCompile("a")`), ""},
			{"shared/adapters/embedded/x/x.go", with(`import "regexp"`, `var a = regexp.MustCompile("a")`), ""},
		}},
	}
}

func layerRules() []rule {
	importing := func(p string) string { return doc + "import _ \"" + p + "\"\n" }
	ours := func(dir string) string { return importing(Module + "/" + dir) }
	return []rule{
		{name: "layers", find: Layers, breaches: []breach{
			{"shared/platform/ids/x.go", ours("shared/table"), "imports shared/table"},
			{"shared/table/x.go", ours("shared/catalog"), "imports shared/catalog"},
			{"shared/table/x.go", ours("shared/blob"), "imports shared/blob"},
			{"shared/catalog/x.go", ours("shared/adapters/dynamo"), "imports shared/adapters/dynamo"},
			{"shared/catalog/x.go", ours("shared/httpapi"), "imports shared/httpapi"},
			{"shared/catalog/x.go", ours("shared/operations"), "imports shared/operations"},
			{"shared/adapters/s3/x.go", ours("shared/adapters/dynamo"), "imports shared/adapters/dynamo"},
			{"shared/httpapi/x.go", ours("shared/adapters/dynamo"), "imports shared/adapters/dynamo"},
			{"shared/adapters/s3/x.go", ours("shared/wire"), "imports shared/wire"},
			{"functions/catalog/x.go", ours("functions/relay"), "imports functions/relay"},
			{"functions/catalog/x.go", ours("shared/wire"), "imports shared/wire"},
			{"shared/wire/x.go", ours("cmd/slipway"), "imports cmd/slipway"},
			{"shared/zones/catalogfn/x.go", ours("shared/adapters/dynamo"), "imports shared/adapters/dynamo"},
			{"shared/zones/catalogfn/x.go", ours("shared/zones/ingestfn"), "imports shared/zones/ingestfn"},
			{"shared/newcomer/x.go", doc, "shared/newcomer has no place"},
		}, fine: []breach{
			{"functions/catalog/x.go", ours("shared/adapters/dynamo"), ""},
			{"functions/catalog/x.go", ours("shared/zones/catalogfn"), ""},
			{"shared/zones/catalogfn/x.go", ours("shared/httpapi"), ""},
			{"cmd/slipway/x.go", ours("shared/wire"), ""},
			{"shared/catalog/x.go", ours("shared/outbox"), ""},
			{"shared/catalog/x.go", ours("shared/catalog/via"), ""},
			{"shared/catalog/x_test.go", ours("shared/adapters/embedded/bolt"), ""},
			{"shared/table/tabletest/x.go", ours("shared/adapters/embedded/bolt"), ""},
		}},
		{name: "pure contexts", find: Pure, breaches: []breach{
			{"shared/catalog/x.go", importing("github.com/aws/aws-sdk-go-v2/aws"), "aws-sdk-go-v2"},
			{"shared/table/x.go", importing("github.com/aws/smithy-go"), "smithy-go"},
			{"shared/catalog/x.go", importing("net/http"), "net/http"},
			{"shared/catalog/x.go", importing(gitlabClient), gitlabClient},
		}, fine: []breach{
			{"shared/auth/x.go", importing("net/http"), ""},
			{"shared/catalog/x.go", importing("net/url"), ""},
		}},
		{name: "one GitLab", find: OneGitLab, breaches: []breach{
			{"shared/scm/x.go", importing(gitlabClient), "shared/scm/x.go imports"},
			{"shared/adapters/gitlab/gitlab.go", doc, "nothing imports"},
		}},
		{name: "surface", find: Surface, breaches: []breach{
			{"shared/httpapi/x.go", ours("shared/operations"), "imports shared/operations"},
			{"shared/httpapi/x.go", ours("shared/httpapi/catalogapi"), "imports shared/httpapi/catalogapi"},
			{"shared/httpapi/request/x.go", ours("shared/catalog"), "imports shared/catalog"},
			{"shared/httpapi/catalogapi/x.go", ours("shared/httpapi/operationsapi"), "imports shared/httpapi/operationsapi"},
			{"shared/httpapi/catalogapi/x.go", ours("shared/scaffolder/templating"), "shared/httpapi/catalogapi carries shared/scaffolder/templating"},
		}, fine: []breach{
			{"shared/httpapi/x.go", ours("shared/auth"), ""},
			{"shared/httpapi/scaffolderapi/x.go", ours("shared/scaffolder/tasks"), ""},
			{"shared/httpapi/scaffolderapi/x.go", ours("shared/httpapi/request"), ""},
			{"shared/httpapi/httpapitest/x.go", importing("github.com/santhosh-tekuri/jsonschema/v6"), ""},
		}},
		{name: "deployables", find: Deployables, breaches: []breach{
			{"functions/catalog/main.go", ours("shared/adapters/embedded/bolt"), "local file"},
			{"functions/catalog/main.go", ours("shared/wire"), "local system"},
			{"functions/catalog/main.go", ours("shared/catalog/via"), "functions/catalog → shared/catalog/via → testing"},
			{"functions/catalog/main.go", importing("text/template"), "linker"},
			{"functions/catalog/main.go", importing("github.com/santhosh-tekuri/jsonschema/v6"), "tests compare with it"},
		}},
	}
}
