package lazyregexp_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

func TestItFindsWhatARegexpFinds(t *testing.T) {
	t.Parallel()
	const source = `([a-z]+)-(\d+)`
	lazy, plain := lazyregexp.New(source), regexp.MustCompile(source)
	var all sync.WaitGroup
	for _, text := range []string{"", "none", "a-1", "see ab-12, cd-34"} {
		all.Go(func() { // the first of them compiles it
			got := []any{lazy.MatchString(text), lazy.FindString(text), lazy.FindStringSubmatch(text), lazy.FindAllStringSubmatch(text, -1), lazy.FindAllStringIndex(text, 1), lazy.ReplaceAllString(text, "$2"), lazy.ReplaceAllStringFunc(text, strings.ToUpper)}
			want := []any{plain.MatchString(text), plain.FindString(text), plain.FindStringSubmatch(text), plain.FindAllStringSubmatch(text, -1), plain.FindAllStringIndex(text, 1), plain.ReplaceAllString(text, "$2"), plain.ReplaceAllStringFunc(text, strings.ToUpper)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q: %s", text, diff)
			}
		})
	}
	all.Wait()
}

func TestABrokenExpressionHarmsOnlyWhoUsesIt(t *testing.T) {
	t.Parallel()
	broken := lazyregexp.New(`(`)
	defer func() {
		if recover() == nil {
			t.Error("it was used")
		}
	}()
	broken.MatchString("")
}
