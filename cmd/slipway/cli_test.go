package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

func TestCommandLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args string
		code int
		out  string // part of the output
		err  string // part of what is said about it
	}{
		"nothing":            {"", 2, "", "Usage:"},
		"help":               {"help", 0, "Usage:", ""},
		"--help":             {"--help", 0, "Usage:", ""},
		"unknown command":    {"destroy", 2, "", `there is no command "destroy"`},
		"help of create":     {"create --help", 0, "-template name", ""},
		"help of serve":      {"serve --help", 0, "-gitlab-url URL", ""},
		"help of status":     {"status -h", 0, "-limit int", ""},
		"help of run":        {"run --help", 0, "-set-string KEY=VALUE", ""},
		"help of op":         {"op --help", 0, "cancel OPERATION or retry OPERATION", ""},
		"help of op retry":   {"op retry --help", 0, "-secrets-file file", ""},
		"help of op cancel":  {"op cancel a -h", 0, "-url URL", ""},
		"help of doctor":     {"doctor --help", 0, "-json", ""},
		"help of template":   {"template --help", 0, "lint FILE … or eval", ""},
		"help of lint":       {"template lint -h", 0, "-json", ""},
		"help of eval":       {"template eval -h", 0, "-host HOST=KIND", ""},
		"op alone":           {"op", 2, "", "cancel OPERATION or retry OPERATION"},
		"op of what":         {"op cancel", 2, "", "cancel OPERATION or retry OPERATION"},
		"op flag first":      {"op cancel --url http://x a", 2, "", "cancel OPERATION or retry OPERATION"},
		"op loose":           {"op retry a b", 2, "", "cancel OPERATION or retry OPERATION"},
		"op unknown":         {"op pause a", 2, "", "cancel OPERATION or retry OPERATION"},
		"op cancel secrets":  {"op cancel a --secrets-file x", 2, "", "flag provided but not defined"},
		"no secrets file":    {"op retry a --secrets-file /nonexistent/secrets", 1, "", "reading the secrets"},
		"op no portal":       {"op retry a --url http://127.0.0.1:1", 1, "", "no portal answers"},
		"plan no portal":     {"create --template x --plan --url http://127.0.0.1:1", 1, "", "no portal answers"},
		"unknown flag":       {"create --nope", 2, "", "flag provided but not defined: -nope"},
		"a mistake is short": {"create --nope", 2, "", "create: flag provided but not defined: -nope\nRun \"slipway create --help\" for its flags.\n"},
		"set both ways":      {"run --template x --set a=1 --set-string a=2", 2, "", "a is set twice"},
		"no template to run": {"run --set name=a", 2, "", "slipway run: --template is required"},
		"no template":        {"create --set name=a", 2, "", "--template is required"},
		"loose argument":     {"create --template x orders", 2, "", "no arguments without a flag"},
		"set without value":  {"create --template x --set name", 2, "", `"name" is not KEY=VALUE`},
		"set without key":    {"create --template x --set =a", 2, "", `"=a" is not KEY=VALUE`},
		"set twice":          {"create --template x --set a=1 --set a=2", 2, "", "a is set twice"},
		"not a URL":          {"create --template x --url ftp://x", 1, "", `"ftp://x" is not the URL of a portal`},
		"no portal":          {"create --template x --url http://127.0.0.1:1", 1, "", `no portal answers at http://127.0.0.1:1 (is "slipway serve" running?)`},
		"no token file":      {"status --token-file /nonexistent/token", 1, "", "reading the token"},
		"two operations":     {"status a b", 2, "", "at most one operation"},
		"more behind flags":  {"status a --limit 3 b", 2, "", "at most one operation"},
		"limit is no number": {"status --limit many", 2, "", "invalid value"},
		"serve loose":        {"serve now", 2, "", "no arguments without a flag"},
		"serve seed":         {"serve --seed lots", 2, "", "--seed is demo or none"},
		"serve auth":         {"serve --auth basic", 2, "", "--auth is none or oidc"},
		"serve oidc":         {"serve --auth oidc --oidc-issuer https://x", 2, "", "needs --oidc-issuer and --oidc-audience"},
		"serve gitlab":       {"serve --gitlab-url https://x", 2, "", "--gitlab-url and --gitlab-token-file go together"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errOut bytes.Buffer
			code := exitCode(run(t.Context(), strings.Fields(c.args), &out, &errOut), &errOut)
			if code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errOut.String(), c.err) {
				t.Errorf("exit %d\n%s\n%s", code, out.String(), errOut.String())
			}
			if (c.out == "") != (out.Len() == 0) || strings.Contains(errOut.String(), errUsage.Error()) {
				t.Errorf("printed %q and %q", out.String(), errOut.String())
			}
		})
	}
}

func TestServeRefusesToOpenThePortalToTheNetwork(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	err := run(t.Context(), []string{"serve", "--data", t.TempDir(), "--listen", "0.0.0.0:0"}, &out, &errOut)
	if exitCode(err, &errOut) != 1 || !strings.Contains(errOut.String(), "loopback address only") {
		t.Errorf("%v: %s", err, errOut.String())
	}
}

func TestSetKeepsTypes(t *testing.T) {
	t.Parallel()
	values := settings{}
	for _, text := range []string{
		"name=orders", "n=7", "big=9007199254740993", "yes=true", "nothing=null", `list=["dev","qa"]`, `text="7"`, "empty=", "url=https://x?a=b", "almost={a", "version=1.0.0",
	} {
		if err := values.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	got, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"almost":"{a","big":9007199254740993,"empty":"","list":["dev","qa"],"n":7,"name":"orders","nothing":null,"text":"7","url":"https://x?a=b","version":"1.0.0","yes":true}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func FuzzSet(f *testing.F) {
	for _, seed := range []string{"a=1", "=", "a==b", "a={", "a=\xff", "a=1 2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values := settings{}
		if values.Set(text) != nil {
			return
		}
		key, value, _ := strings.Cut(text, "=")
		body, err := json.Marshal(values[key])
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := values[key].(string); ok && s != value {
			t.Fatalf("%q became %s", text, body)
		}
	})
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	for want, errs := range map[int][]error{0: {nil, flag.ErrHelp}, 2: {errUsage}, 1: {errors.New("broken")}} {
		for _, err := range errs {
			if got := exitCode(err, &said); got != want {
				t.Errorf("%v: %d", err, got)
			}
		}
	}
	if said.String() != "slipway: broken\n" {
		t.Errorf("said %q", said.String())
	}
}
