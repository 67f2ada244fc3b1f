package glob_test

import (
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/catalog/glob"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{"services/*/catalog-info.yaml", []string{"services/a/catalog-info.yaml"}, []string{"services/catalog-info.yaml", "services/a/b/catalog-info.yaml", "services/.a/catalog-info.yaml", "x/services/a/catalog-info.yaml"}},
		{"**/catalog-info.yaml", []string{"catalog-info.yaml", "a/catalog-info.yaml", "a/b/catalog-info.yaml"}, []string{".backstage/catalog-info.yaml", "a/.b/catalog-info.yaml", "a/catalog-info.yml"}},
		{"**/.backstage/*.yaml", []string{".backstage/a.yaml", "a/.backstage/b.yaml"}, []string{".backstage/.a.yaml", ".backstage/a/b.yaml"}},
		{"a/**", []string{"a/b", "a/b/c"}, []string{"b/a", "a/.b"}},
		{"a/**/b/**/c", []string{"a/b/c", "a/x/b/y/z/c", "a/b/b/c"}, []string{"a/c", "a/b"}},
		{"?.yaml", []string{"a.yaml", "ü.yaml"}, []string{"ab.yaml", ".yaml"}},
		{"*.{yaml,yml}", []string{"a.yaml", "a.yml"}, []string{"a.yamlyml", "a.json"}},
		{"{a,b{c,d}}/*", []string{"a/x", "bc/x", "bd/x"}, []string{"b/x"}},
		{"*[0-9]*[!a-c]", []string{"x1d", "1d"}, []string{"x1a", "xd"}},
		{"*[a", []string{"x[a"}, []string{"xa"}},
		{"*]{", []string{"x]{"}, []string{"x"}},
		{"*{a}", []string{"x{a}"}, []string{"xa"}},
		{"*a*b*c", []string{"xaybzc", "abc", "aabbcc"}, []string{"acb", "xaybz"}},
		{"[]-]*", []string{"]x", "-x"}, []string{"x"}},
	} {
		p, err := glob.Compile(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range c.yes {
			if !p.Match(name) {
				t.Errorf("%s does not match %s", c.pattern, name)
			}
		}
		for _, name := range c.no {
			if p.Match(name) {
				t.Errorf("%s matches %s", c.pattern, name)
			}
		}
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{"*": "", "a/*/b": "a", "a/b/c*/d": "a/b", "{a,b}/*": "", "a/b[c]/*": "a", "**/x": "", "/": "", "/*": "", "/a/*": "/a"} {
		p, err := glob.Compile(pattern)
		if err != nil || p.Root() != want {
			t.Errorf("%s: %q, %v, want %q", pattern, p.Root(), err, want)
		}
	}
}

func TestLimitsOfAPattern(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{strings.Repeat("*", 1025), strings.Repeat("{a,b}", 6), "{" + strings.Repeat("a,", 40) + "}"} {
		if _, err := glob.Compile(pattern); err == nil {
			t.Errorf("%.20s is taken", pattern)
		}
	}
}

// What makes a matcher go back again and again takes no time.
func TestNoPatternIsSlow(t *testing.T) {
	t.Parallel()
	p, err := glob.Compile(strings.Repeat("*a", 250) + "/" + strings.Repeat("**/a/", 80) + "b")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if p.Match(strings.Repeat("a", 800) + "/" + strings.Repeat("a/", 400) + "c") {
		t.Error("matches")
	}
	if took := time.Since(start); took > 10*time.Second { // going back again and again would take years
		t.Errorf("took %s", took)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("services/*/catalog-info.yaml", "services/a/catalog-info.yaml")
	f.Add("**/{a,b}[!c-d]?.y*", "x/.y/a1z.yaml")
	f.Add("[]", "]")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		p, err := glob.Compile(pattern)
		if err != nil || !utf8.ValidString(name) {
			return
		}
		matched := p.Match(name)
		if matched && p.Root() != "" && !strings.HasPrefix(name, p.Root()+"/") {
			t.Fatalf("%q matches %q outside of %q", pattern, name, p.Root())
		}
		if strings.ContainsAny(pattern, `\[]{}`) || strings.Contains(pattern, "**") || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
			return // where the standard library's language differs
		}
		if want, err := path.Match(pattern, name); err == nil && want != matched {
			t.Fatalf("%q and %q: %t, the standard library says %t", pattern, name, matched, want)
		}
	})
}
