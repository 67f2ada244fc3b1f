package templating

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// FuzzRender holds: no template panics or renders differently the second time,
// and every error is one of the two kinds that callers expect. One that hangs is
// reported by the fuzzer itself.
func FuzzRender(f *testing.F) {
	c := readCorpus(f, "corpus.json")
	for _, tc := range c.Cases {
		f.Add(tc.Template, tc.Opts.TrimBlocks, tc.Mode == "compat")
	}
	for _, src := range hostile {
		if len(src) < 1000 {
			f.Add(src, false, false)
		}
	}
	scope := scopeOf(f, c.Contexts[0])
	for name, v := range scopeOf(f, c.Contexts[1]) {
		scope[name] = v
	}
	limits := Limits{Work: 100_000, Output: 1 << 20, Scratch: 2 << 20, Nesting: 64}
	f.Fuzz(func(t *testing.T, src string, trim, cookiecutter bool) {
		e := newEngine(t, Config{Limits: limits, Syntax: Syntax{TrimBlocks: trim, LstripBlocks: trim, Cookiecutter: cookiecutter}})
		text, err := e.Render(t.Context(), "fuzz", src, scope)
		if err != nil && !errors.Is(err, errs.Invalid) && !errors.Is(err, errs.TooLarge) {
			t.Errorf("got %v", err)
		}
		again, errAgain := e.Render(t.Context(), "fuzz", src, scope)
		if diff := cmp.Diff(text, again); diff != "" || (err == nil) != (errAgain == nil) {
			t.Errorf("rendered differently the second time: %v, %v\n%s", err, errAgain, diff)
		}
		value, err := e.Value(t.Context(), "fuzz", src, scope)
		if _, isText := value.(string); err == nil && isText && errAgain == nil && value != text {
			t.Errorf("as a value %q, as text %q", value, text)
		}
	})
}
