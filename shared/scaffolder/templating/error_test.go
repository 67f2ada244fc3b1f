package templating

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestErrorsSayWhereAndWhat(t *testing.T) {
	t.Parallel()
	e := newEngine(t, Config{})
	for src, want := range map[string]string{
		"a\n  ${{ name | nosuch }}":          `f:2:14: unknown filter "nosuch"`,
		"{% nosuch %}":                       `f:1:4: unknown tag "nosuch"`,
		"{% if x %}\n{% for a in b %}":       `f:2:4: expected "{% endfor %}" to end this "{% for %}"`,
		"{% if x %}{% endfor %}":             `f:1:14: unexpected "{% endfor %}": no tag is open that it could belong to`,
		"{% endif %}":                        `f:1:4: unexpected "{% endif %}": no tag is open that it could belong to`,
		"${{ 1 + }}":                         `f:1:9: expected a value, found "}}"`,
		"${{ a b }}":                         `f:1:7: expected "}}" or an operator, found "b"`,
		"${{ }}":                             `f:1:1: expected an expression, found "}}"`,
		"é ${{ a":                            `f:1:3: this tag is never closed: expected "}}"`,
		"{% if a":                            `f:1:1: this tag is never closed: expected "%}"`,
		"{# x":                               `f:1:1: this comment is never closed: expected "#}"`,
		`${{ "abc }}`:                        `f:1:5: this string is never closed: expected "`,
		"${{ a ? b }}":                       `f:1:7: unexpected character '?' (a choice is written "a if condition else b")`,
		"${{ a && b }}":                      `f:1:7: unexpected character '&' (write "and")`,
		"${{ name | lowr }}":                 `f:1:12: unknown filter "lowr" (did you mean "lower"?)`,
		"${{ name | tojson }}":               `f:1:12: unknown filter "tojson" (here it is dump)`,
		"${{ name is defind }}":              `f:1:13: unknown test "defind" (did you mean "defined"?)`,
		"${{ a | select('evn') }}":           `f:1:9: unknown test "evn" (did you mean "even"?)`,
		"{% fro a in b %}":                   `f:1:4: unknown tag "fro" (did you mean "for"?)`,
		"${{ a.0 }}":                         `f:1:7: expected the name of a member, found number 0`,
		"${{ [1, ] }}":                       `f:1:9: expected a value, found "]"`,
		"${{ 0x10 }}":                        `f:1:5: "0x" is not a number: only digits and one decimal point are`,
		"{% for a of b %}":                   `f:1:10: expected "in", found "of"`,
		"{% set a %}":                        `f:1:4: expected "{% endset %}" to end this "{% set %}"`,
		"{% set a b %}":                      `f:1:10: expected "=" or "%}", found "b"`,
		"{% include 'x' %}":                  `f:1:4: tag "include" is not available: a template can't load other templates`,
		"{% raw %}x":                         `f:1:4: expected "{% endraw %}" after "{% raw %}"`,
		"{% call 1 %}{% endcall %}":          `f:1:4: expected a call such as "{% call name() %}"`,
		"${{ a is nosuch }}":                 `f:1:10: unknown test "nosuch"`,
		"${{ a.b.c() }}":                     `f:1:10: a.b.c is not a function that a template can call`,
		"${{ 1 in 2 }}":                      `f:1:7: the right side of "in" must be text, a list or an object, not a number`,
		"${{ 5 | lower }}":                   `f:1:9: this filter works on text, not on a number`,
		"${{ 'x' | parseEntityRef }}":        `f:1:11: the entity reference "x" has no kind`,
		"${{ 'h?repo=x' | parseRepoUrl }}":   `f:1:18: the repository URL "h?repo=x" lacks "owner"`,
		"${{ 'a' | replace(r/(?=a)/, '') }}": `f:1:19: this regular expression is not supported: look-around and backreferences are not, for instance`,
	} {
		_, err := e.Render(t.Context(), "f", src, map[string]any{"name": "x", "a": map[string]any{}})
		if err == nil {
			t.Errorf("%q: no error", src)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%q (-want +got)\n%s", src, diff)
		}
		if errs.Message(err) != want || !errors.Is(err, errs.Invalid) {
			t.Errorf("%q: shown as %q, kind %v", src, errs.Message(err), errs.KindOf(err))
		}
	}
}

// A misspelled filter must be found although its branch is not taken.
func TestCheckReadsWithoutRunning(t *testing.T) {
	t.Parallel()
	e := newEngine(t, Config{})
	if err := e.Check(t.Context(), "f", `{% if false %}${{ x | uper }}{% endif %}`); !errors.Is(err, errs.Invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
	if err := e.Check(t.Context(), "f", `${{ range(1000000000) }}`); err != nil {
		t.Error(err)
	}
}

func TestNewRefusesUnknownKindsOfHosts(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{Hosts: map[string]string{"example.com": "svn"}}); !errors.Is(err, errs.Invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
}
