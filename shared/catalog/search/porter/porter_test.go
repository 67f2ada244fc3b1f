package porter

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// testdata/vocabulary.txt has Porter's own examples and words of free software's licences,
// each with the stem that lunr 2.3.9 gives it.
func TestStem(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/vocabulary.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		word, want, _ := strings.Cut(lines.Text(), " ")
		if got := Stem(word); got != want {
			t.Errorf("Stem(%q) = %q, want %q", word, got, want)
		}
	}
	if n < 1000 {
		t.Errorf("only %d words", n)
	}
}

func FuzzStem(f *testing.F) {
	for _, w := range []string{"", "y", "yyy", "sses", "relational", "ïes", "hopping", "\xff\xfeing", "rolling"} {
		f.Add(w)
	}
	f.Fuzz(func(t *testing.T, word string) {
		stem := Stem(word)
		if len(stem) > len(word) || (len(word) > 2 && stem == "") {
			t.Errorf("Stem(%q) = %q", word, stem)
		}
		if utf8.ValidString(word) && !utf8.ValidString(stem) {
			t.Errorf("Stem(%q) = %q cuts a letter", word, stem)
		}
	})
}

func BenchmarkStem(b *testing.B) {
	for b.Loop() {
		Stem("organization")
	}
}
