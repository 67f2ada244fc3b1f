package search

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestNear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"artisy", "artist", true}, {"art", "api", true}, {"kind", "tini", true}, {"ab", "bxa", true}, {"abc", "cab", true},
		{"abcd", "dcba", false}, {"a", "abc", true}, {"a", "abcd", false}, {"abc", "xyz", false}, {"", "ab", true}, {"payment", "paymnet", true},
	} {
		if got := near([]rune(c.a), []rune(c.b), maxEdits); got != c.want {
			t.Errorf("near(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestNearIsAsDefined(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.StringMatching(`[abc]{0,6}`).Draw(t, "a")
		b := rapid.StringMatching(`[abc]{0,6}`).Draw(t, "b")
		want := edits([]rune(a), []rune(b), maxEdits)
		if got := near([]rune(a), []rune(b), maxEdits); got != want {
			t.Fatalf("near(%q, %q) = %v", a, b, got)
		}
		if want && !sign(a).near(sign(b)) {
			t.Fatalf("the signatures of %q and %q tell them apart", a, b)
		}
	})
}

// Words of one letter differ only at their ends: neither letters nor beginnings tell them apart.
func TestSimilarWordsOfOneLetter(t *testing.T) {
	t.Parallel()
	d := newDictionary()
	for n := range 200 {
		for _, end := range []string{"", "b", "ba", "bb", "aba"} {
			d.number(strings.Repeat("a", n+1) + end)
		}
	}
	d.settle()
	for _, n := range []int{1, 2, 3, 50, 99, maxTerm, maxTerm + 1} {
		word, found := strings.Repeat("a", n), map[string]bool{}
		d.similar(word, func(id uint32) { found[d.text[id]] = true })
		for _, term := range d.text {
			others := strings.Count(term, "b") // each an edit, and the lengths differ by the rest
			change := len(term) - n
			want := n <= maxTerm && change >= -maxEdits && change <= maxEdits && max(others, change, -change) <= maxEdits && others-change <= maxEdits
			if change < 0 {
				want = want && others-change <= maxEdits
			}
			if found[term] != want {
				t.Errorf("%d letters: %s is similar: %v", n, term, found[term])
			}
		}
	}
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"", "Batch-Job", "ünïcode — 漢字", "a@b.c", "😀x", "\xff\xfe", "İstanbul ǅ", "the The THE", strings.Repeat("a", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		eachToken(text, func(tok token) {
			if tok.start < last || tok.end <= tok.start || tok.end > len(text) {
				t.Fatalf("token at %d-%d of %q", tok.start, tok.end, text)
			}
			last = tok.end
			if tok.word != strings.ToLower(text[tok.start:tok.end]) || !utf8.ValidString(tok.word) {
				t.Fatalf("word %q of %q", tok.word, text)
			}
			if found := termsOf(tok.word); found.whole != "" && found.whole == found.trimmed {
				t.Fatalf("%q has the same term twice", tok.word)
			}
		})
		p := parts{uid: "u", name: "n", title: text, text: text, typ: "t", namespace: "ns", kind: "K", owner: text}
		got := p.pack().unpack()
		if p.title == "" {
			p.title = p.name
		}
		if got != p {
			t.Fatalf("%+v packed is %+v", p, got)
		}
	})
}
