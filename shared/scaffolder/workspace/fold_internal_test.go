package workspace

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Every character folds as golang.org/x/text/cases has it, but for the Cherokee ones, whose
// capitals and small letters that package swaps. Folding knows no context: text folds like
// its characters.
func TestEveryCharacterFolds(t *testing.T) {
	t.Parallel()
	folder := cases.Fold()
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if !unicode.IsPrint(c) {
			continue
		}
		decomposed := norm.NFD.String(string(c))
		want := folder.String(decomposed)
		if unicode.Is(unicode.Cherokee, c) {
			want = string(unicode.ToUpper(c))
		}
		if got := caseFold(decomposed); got != want {
			t.Errorf("%U %q folds to %+q, not %+q", c, c, got, want)
		}
	}
}

func TestNamesThatAreTheSameSomewhere(t *testing.T) {
	t.Parallel()
	for _, same := range []string{".git .GIT .Git .gIT", "straße STRASSE straſse STRAẞE", "é É e\u0301 E\u0301", "kilo Kilo \u212Ailo", "ﬁle FILE file", "σας ΣΑΣ σασ", "ꭰ Ꭰ", "i\u0307x \u0130x"} {
		names := strings.Fields(same)
		for _, other := range names[1:] {
			if fold(names[0]) != fold(other) {
				t.Errorf("%+q and %+q differ: %+q, %+q", names[0], other, fold(names[0]), fold(other))
			}
		}
	}
	for _, differ := range []string{"ı i", "a á", "o ø", "l1 ll"} {
		if a, b, _ := strings.Cut(differ, " "); fold(a) == fold(b) {
			t.Errorf("%+q and %+q are the same", a, b)
		}
	}
}
