package actions_test

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// picker writes the form that Backstage's RepoUrlPicker writes.
func picker(r actions.RepoURL) string {
	return r.Host + "?" + url.Values{"owner": {r.Owner}, "repo": {r.Repo}}.Encode()
}

func TestRepoURLRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		want := actions.RepoURL{
			Host:  rapid.StringMatching(`[a-z0-9.-]{1,30}(:[0-9]{1,5})?`).Draw(r, "host"),
			Owner: strings.Join(rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9_.-]{0,10}`), 1, 4).Draw(r, "owner"), "/"),
			Repo:  rapid.StringMatching(`[A-Za-z0-9]([A-Za-z0-9_.-]{0,20}[A-Za-z0-9])?`).Filter(func(s string) bool { return !strings.HasSuffix(s, ".git") && !strings.HasSuffix(s, ".atom") }).Draw(r, "repo"),
		}
		got, err := actions.ParseRepoURL(picker(want))
		if err != nil || got != want {
			r.Fatalf("got %+v, %v", got, err)
		}
	})
}

func TestParseRepoURLTakesSlashesAround(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"g?owner=/a/b/&repo=c", "g?owner=a/b&repo=/c/"} {
		if got, err := actions.ParseRepoURL(text); err != nil || got != (actions.RepoURL{Host: "g", Owner: "a/b", Repo: "c"}) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestParseRepoURLRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "no query": "gitlab.example.com", "no host": "?owner=a&repo=b", "a whole URL": "https://gitlab.example.com?owner=a&repo=b",
		"a user": "root@gitlab?owner=a&repo=b", "no owner": "g?repo=b", "no repo": "g?owner=a", "owner leads up": "g?owner=a/..&repo=b",
		"repo with slash":    "g?owner=a&repo=b/c",
		"repo escaped slash": "g?owner=a&repo=b%2Fc", "repo leads up": "g?owner=a&repo=..", "repo hidden": "g?owner=a&repo=.b", "repo .git": "g?owner=a&repo=b.git",
		"repo .atom": "g?owner=a&repo=b.atom", "repo with newline": "g?owner=a&repo=b%0A", "bad escape": "g?owner=a&repo=%zz", "semicolon": "g?owner=a;repo=b",
		"too long": "g?owner=a&repo=" + strings.Repeat("x", 64), "not ASCII": "g?owner=a&repo=ümlaut", "space in host": "g x?owner=a&repo=b",
	} {
		if got, err := actions.ParseRepoURL(text); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)

func FuzzParseRepoURL(f *testing.F) {
	for _, seed := range []string{repo, "g?owner=a%2Fb&repo=c", "g?owner=a/..&repo=b", "g?repo=x&repo=y&owner=z", "?", "g?&&=", "g?owner=a&repo=b.git"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := actions.ParseRepoURL(text)
		if err != nil {
			if !errors.Is(err, errs.Invalid) || len(errs.Message(err)) > 500 {
				t.Fatal(err)
			}
			return
		}
		path := got.Owner + "/" + got.Repo
		if !plain.MatchString(path) || strings.Contains("/"+path+"/", "/../") || strings.Contains("/"+path+"/", "/./") || got.Host == "" {
			t.Fatalf("%+v", got)
		}
		if again, err := actions.ParseRepoURL(picker(got)); err != nil || again != got {
			t.Fatalf("%+v became %+v, %v", got, again, err)
		}
	})
}
