package expression_test

import (
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/expression"
)

func lookup(name string) (string, bool) {
	v, ok := map[string]string{
		"PRESENT": "my variable", "PATH": "a/path/value", "EMPTY": "", "BLANK": "  ",
		"PATTERN": "/^MY.*/i", "PLAIN": "^my", "BROKEN": "/(/",
	}[name]
	return v, ok
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`$PRESENT`:                                true,
		`$EMPTY`:                                  false,
		`$BLANK`:                                  false,
		`$MISSING`:                                false,
		`$PRESENT == "my variable"`:               true,
		`'my variable' == $PRESENT`:               true,
		`$PRESENT != "my variable"`:               false,
		`$MISSING == null`:                        true,
		`$EMPTY == null`:                          false,
		`$EMPTY == ""`:                            true,
		`null != $PRESENT`:                        true,
		`$MISSING == ""`:                          false,
		`$PRESENT =~ /^my/`:                       true,
		`$PRESENT =~ /^MY/`:                       false,
		`$PRESENT =~ /^MY/i`:                      true,
		`$PRESENT !~ /^MY/i`:                      false,
		`$PATH =~ /path\/value$/`:                 true,
		`$MISSING =~ /x/`:                         false,
		`$MISSING !~ /x/`:                         true,
		`$PRESENT =~ $PATTERN`:                    true,
		`$PRESENT =~ $PLAIN`:                      true,
		`$PRESENT =~ $BROKEN`:                     false,
		`$PRESENT !~ $BROKEN`:                     true,
		`$PRESENT =~ $MISSING`:                    false,
		`$PRESENT && $EMPTY`:                      false,
		`$EMPTY && $PRESENT`:                      true, // as in GitLab: only null stops an &&
		`null && $PRESENT`:                        false,
		`$MISSING || $PRESENT`:                    true,
		`$MISSING && $PRESENT || "x"`:             true,
		`$MISSING && ($PRESENT || "x")`:           false,
		`("string" || "test") == "string"`:        true,
		`"string" == ("test" || "string")`:        false,
		`$PRESENT=="my variable"&&$MISSING==null`: true,
		"$PRESENT\n  == \"my variable\"":          true,
	} {
		e, err := expression.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := e.Match(lookup); got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "==", "$A ==", "$A = 1", "$A $B", "($A", "$A)", "()", `"open`, "/(/", "/[/i", "$A =~ /a", "text", "$", "$A == 1",
		strings.Repeat("$A && ", 60) + "$A", strings.Repeat("(", 41) + "$A" + strings.Repeat(")", 41), strings.Repeat(" ", 20_000),
	} {
		if _, err := expression.Parse(text); err == nil {
			t.Errorf("%.40q is accepted", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{`$A == "x" && ($B =~ /y/i || null != $C)`, "$A !~ $B", "((", `'a'=="a"`, `/\//`} {
		f.Add(text, "value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		e, err := expression.Parse(text)
		if err != nil {
			return
		}
		get := func(string) (string, bool) { return value, true }
		wrapped, err := expression.Parse("(" + text + ")")
		if err == nil && wrapped.Match(get) != e.Match(get) {
			t.Fatal("parentheses around the whole change its meaning")
		}
	})
}
