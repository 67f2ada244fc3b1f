package form

import (
	"testing"
)

func TestPatternsOfJavaScript(t *testing.T) {
	t.Parallel()
	const bucket = `(?!(^xn--|.+-s3alias$))^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`
	for source, c := range map[string]struct{ matches, refuses []string }{
		`^[a-z]+$`:                         {[]string{"abc"}, []string{"", "a1"}},
		`b`:                                {[]string{"abc"}, []string{"ac"}},
		bucket:                             {[]string{"my-bucket", "xn-bucket"}, []string{"xn--bucket", "my-s3alias", "My", "a"}},
		`^(?!-)(?!.*--)[a-z-]+$`:           {[]string{"a-b"}, []string{"-a", "a--b", "A"}},
		`^(?=.*\d)(?=.*[(|)])[\w()|]{4,}$`: {[]string{"ab(1", "1|aa"}, []string{"ab12", "ab(c", "1|a"}},
		`^((?!aws)[a-z]+)$`:                {[]string{"abc"}, []string{"awsx", "ab1"}},
		`^(?:(?!a|b)\w+)$`:                 {[]string{"cab"}, []string{"abc", "bc"}},
		`^(?!a(b|c\)))\w.*`:                {[]string{"ad", "ac"}, []string{"abx", "ac)"}},
	} {
		p, err := newPattern(source)
		if err != nil || p.main == nil || p.String() != source {
			t.Errorf("%s: %v", source, err)
			continue
		}
		for _, s := range c.matches {
			if !p.MatchString(s) {
				t.Errorf("%s refuses %q", source, s)
			}
		}
		for _, s := range c.refuses {
			if p.MatchString(s) {
				t.Errorf("%s takes %q", source, s)
			}
		}
	}
}

func TestPatternsThatCanNotBeChecked(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`(a)\1`, `a(?!b)`, `^(?!a)b|c$`, `(?<!a)b`, `(?!a)b`, `^((?!a)b|c)$`, `^(?!(?!a)b)c`, `\u00e9`} {
		p, err := newPattern(source)
		if err != nil || p.main != nil || !p.MatchString("anything") {
			t.Errorf("%s: %v", source, err)
		}
	}
	for _, source := range []string{`(`, `[a`, `a**`, `(?!`, `^(?=a`} {
		if p, err := newPattern(source); err == nil && p.main != nil {
			t.Errorf("%s is taken for %v", source, p.main)
		}
	}
}

// FuzzPattern holds: no pattern panics, and one that Go reads means what it means there.
func FuzzPattern(f *testing.F) {
	f.Add(`^((?!xn--)[a-z](|))$`, "xn--a")
	f.Add(`(?!(^a|b$))^[\]()]+\)$`, "(])")
	f.Fuzz(func(t *testing.T, source, s string) {
		p, err := newPattern(source)
		if err != nil {
			return
		}
		if got := p.MatchString(s); p.main != nil && len(p.must)+len(p.mustNever) == 0 && got != p.main.MatchString(s) {
			t.Fatalf("%q on %q: %v", source, s, got)
		}
	})
}
