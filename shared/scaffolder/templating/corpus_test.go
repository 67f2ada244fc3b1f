package templating

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// corpus holds answers recorded from the engine of Backstage 4.1 and later.
type corpus struct {
	Contexts []json.RawMessage `json:"contexts"`
	Cases    []corpusCase      `json:"cases"`
}

type corpusCase struct {
	ID       string
	Mode     string // render, value, or compat (cookiecutter)
	Context  int
	Template string
	Opts     Syntax
	Want     struct {
		Text      *string
		Value     any
		Undefined bool
		Error     bool
	}
}

// knownHosts are the integrations that were configured where the corpus was recorded.
var knownHosts = map[string]string{
	"github.com": "github", "gitlab.example.com": "gitlab", "dev.azure.com": "azure", "bitbucket.org": "bitbucket",
}

func readCorpus(t testing.TB, name string) corpus {
	t.Helper()
	document, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var c corpus
	if err := json.Unmarshal(document, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// scopeOf reads a context, keeping the order of its keys.
func scopeOf(t testing.TB, document []byte) map[string]any {
	t.Helper()
	v, err := ParseJSON(document)
	if err != nil {
		t.Fatal(err)
	}
	scope := map[string]any{}
	for _, m := range v.(Object) {
		scope[m.Name] = m.Value
	}
	return scope
}

func TestCorpusOfBackstage(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"corpus.json", "random.json", "unseen.json"} { // by hand, by a generator, and by several that look for differences
		compareCorpus(t, readCorpus(t, name))
	}
}

func compareCorpus(t *testing.T, c corpus) {
	t.Helper()
	for _, tc := range c.Cases {
		t.Run(tc.Mode+"/"+tc.ID, func(t *testing.T) {
			t.Parallel()
			tc.Opts.Cookiecutter = tc.Mode == "compat"
			e := newEngine(t, Config{Syntax: tc.Opts, Hosts: knownHosts})
			scope := scopeOf(t, c.Contexts[tc.Context])
			if tc.Mode == "value" {
				compareValue(t, e, tc, scope)
				return
			}
			got, err := e.Render(t.Context(), tc.ID, tc.Template, scope)
			switch {
			case tc.Want.Error && err == nil:
				t.Errorf("%q gave %q, want an error", tc.Template, got)
			case !tc.Want.Error && err != nil:
				t.Errorf("%q: %v", tc.Template, err)
			case !tc.Want.Error && got != *tc.Want.Text:
				t.Errorf("%q\n got %q\nwant %q", tc.Template, got, *tc.Want.Text)
			}
		})
	}
}

func compareValue(t *testing.T, e *Engine, tc corpusCase, scope map[string]any) {
	t.Helper()
	got, err := e.Value(t.Context(), tc.ID, tc.Template, scope)
	want := tc.Want.Value
	if tc.Want.Undefined {
		want = Undefined{}
	}
	if _, undefined := got.(Undefined); err == nil && !undefined {
		body, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if got = nil; json.Unmarshal(body, &got) != nil {
			t.Fatal(string(body))
		}
	}
	switch {
	case tc.Want.Error && err == nil:
		t.Errorf("%q gave %v, want an error", tc.Template, got)
	case tc.Want.Error:
	case err != nil:
		t.Errorf("%q: %v", tc.Template, err)
	case !cmp.Equal(want, got):
		t.Errorf("%q (-want +got)\n%s", tc.Template, cmp.Diff(want, got))
	}
}

func newEngine(t testing.TB, c Config) *Engine {
	t.Helper()
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
