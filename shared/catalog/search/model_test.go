package search

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/catalog/search/porter"
)

// model answers a query from the definition: every document is read again, every term of the
// query compared with every word, scores are floating-point numbers.
type model map[string]parts // by ref

// scores gives the documents that a query finds, and how good they are.
func (m model) scores(q Query) map[string]float64 {
	terms, asks := map[string]map[field]float64{}, false
	add := func(term string, boost float64, fields ...field) {
		if terms[term] == nil {
			terms[term] = map[field]float64{}
		}
		for _, f := range fields {
			terms[term][f] += boost
		}
	}
	known := map[string]bool{}
	for ref := range m {
		for f := range fieldNames {
			for term := range m.counts(ref, field(f)) {
				known[term] = true
			}
		}
	}
	every := []field{0, 1, 2, 3, 4, 5, 6, 7, 8}
	eachToken(q.Term, func(t token) {
		asks = true
		for term := range known {
			if term == porter.Stem(t.word) {
				add(term, 100, every...)
			}
			if strings.HasPrefix(term, t.word) {
				add(term, 10, every...)
			}
			if plain := isPlain(term[0]) && isPlain(term[len(term)-1]); plain && edits([]rune(t.word), []rune(term), 2) {
				add(term, 1, every...)
			}
		}
	})
	within, filtered := m.within(q.Filters, known, add)
	out := map[string]float64{}
	for ref := range within {
		for f := range fieldNames {
			score, found := m.similarity(ref, field(f), terms)
			if found || !asks && !filtered {
				out[ref] += score
			}
		}
	}
	return out
}

// within gives the documents that filters leave, and whether these say anything.
func (m model) within(filters []Filter, known map[string]bool, add func(string, float64, ...field)) (within model, asks bool) {
	within = maps.Clone(m)
	for _, filter := range filters {
		f := field(slices.Index(fieldNames[:], filter.Field))
		var left []string
		says := false
		for _, value := range filter.Values {
			words := filterWords(value)
			if len(words) == 0 {
				continue
			}
			says = true
			for _, w := range words {
				if known[w] {
					add(w, 1, f)
				}
			}
			for ref := range m {
				if !slices.ContainsFunc(words, func(w string) bool { return m.counts(ref, f)[w] == 0 }) {
					left = append(left, ref)
				}
			}
		}
		if says {
			asks = true
			maps.DeleteFunc(within, func(ref string, _ parts) bool { return !slices.Contains(left, ref) })
		}
	}
	return within, asks
}

func (m model) similarity(ref string, f field, terms map[string]map[field]float64) (score float64, found bool) {
	squares := 0.0
	for term, boosts := range terms {
		if boosts[f] == 0 {
			continue
		}
		squares += boosts[f] * boosts[f]
		n := m.counts(ref, f)[term]
		if n == 0 {
			continue
		}
		found = true
		with, total := 0, 0
		for other := range m {
			total += m.length(other, f)
			for g := range fieldNames {
				if m.counts(other, field(g))[term] > 0 {
					with++
				}
			}
		}
		idf := math.Log(1 + math.Abs((float64(len(m)-with)+0.5)/(float64(with)+0.5)))
		average := float64(total) / float64(len(m))
		norm := 1.2 * (0.25 + 0.75*(float64(m.length(ref, f))/average))
		score += boosts[f] * math.Round(idf*(2.2*float64(n))/(norm+float64(n))*1000) / 1000
	}
	if !found {
		return 0, false
	}
	return score / math.Sqrt(squares), true
}

// counts gives how often each term is in a field.
func (m model) counts(ref string, f field) map[string]int {
	out := map[string]int{}
	doc := m[ref].pack().document()
	eachToken(doc.values()[f], func(t token) {
		found := termsOf(t.word)
		for _, term := range []string{found.trimmed, found.whole} {
			if term != "" {
				out[term]++
			}
		}
	})
	return out
}

func (m model) length(ref string, f field) (n int) {
	doc := m[ref].pack().document()
	eachToken(doc.values()[f], func(t token) {
		if termsOf(t.word).counts {
			n++
		}
	})
	return n
}

// edits is near without its short cuts.
func edits(a, b []rune, left int) bool {
	switch {
	case len(a) == 0:
		return len(b) <= left
	case len(b) > 0 && a[0] == b[0] && edits(a[1:], b[1:], left):
		return true
	case left == 0:
		return false
	case edits(a[1:], b, left-1):
		return true
	case len(b) == 0:
		return false
	}
	return edits(a, b[1:], left-1) || edits(a[1:], b[1:], left-1) ||
		len(a) > 1 && a[1] == b[0] && edits(append([]rune{a[0]}, a[2:]...), b[1:], left-1)
}

// drawn documents have few words, so that they share some.
var drawnWords = []string{"art", "artist", "artists", "lookup", "service", "services", "the", "a", "team-a", "team-b", "Batch job", "ünïcode", "漢字", "café", "x", "api", "100%"}

func drawText(t *rapid.T, most int) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(drawnWords), 0, most).Draw(t, "text"), " ")
}

func drawParts(t *rapid.T, name string) parts {
	return parts{
		uid: rapid.StringMatching(`[0-9a-f]{2}-[0-9a-f]{2}`).Draw(t, "uid") + name, name: name, title: name + " " + drawText(t, 2), text: drawText(t, 6),
		typ: rapid.SampledFrom([]string{"service", "website", "other"}).Draw(t, "type"), namespace: "default",
		kind: rapid.SampledFrom([]string{"Component", "API", "Group"}).Draw(t, "kind"), owner: drawText(t, 1),
	}
}

func drawQuery(t *rapid.T) Query {
	q := Query{Term: drawText(t, 2), PageLimit: MaxPage}
	if rapid.Bool().Draw(t, "cut") && len(q.Term) > 2 {
		q.Term = strings.ToValidUTF8(q.Term[:len(q.Term)-1], "")
	}
	for _, f := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"kind", "type", "owner", "text"}), 0, 2, rapid.ID).Draw(t, "filters") {
		values := rapid.SliceOfN(rapid.SampledFrom(append([]string{"Component", "api", "website", ""}, drawnWords...)), 1, 2).Draw(t, "values")
		q.Filters = append(q.Filters, Filter{Field: f, Values: values})
	}
	return q
}

func TestSearchIsAsDefinedAfterAnyChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, err := newIndex()
		if err != nil {
			t.Fatal(err)
		}
		m, pool := model{}, &scratches{}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			name := rapid.StringMatching(`c[0-7]`).Draw(t, "name")
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				x.remove(name)
				delete(m, name)
			case 1:
				x.sweep()
			default:
				m[name] = drawParts(t, name)
				x.put(name, m[name].pack())
			}
			x.settle()
		}
		q := drawQuery(t)
		compare(t, x.search(q, Tags{"[", "]"}, pool), m, q)
		rebuilt := rebuild(t, m)
		if diff := gocmp.Diff(rebuilt.search(q, Tags{"[", "]"}, pool), x.search(q, Tags{"[", "]"}, pool)); diff != "" {
			t.Fatalf("%+v: not as after a rebuild (-rebuilt +changed):\n%s", q, diff)
		}
	})
}

// rebuild makes an index of the model's documents at once.
func rebuild(t *rapid.T, m model) *documents {
	x, err := newIndex()
	if err != nil {
		t.Fatal(err)
	}
	for ref, p := range m {
		x.put(ref, p.pack())
	}
	x.settle()
	return x
}

// compare holds a page of everything found against the model. Scores that differ by less than
// the arithmetic's precision may stand in any order.
func compare(t *rapid.T, got Page, m model, q Query) {
	want := m.scores(q)
	if got.Total != len(want) || len(got.Results) != len(want) {
		t.Fatalf("%+v found %d (%d shown), want %d: %v", q, got.Total, len(got.Results), len(want), want)
	}
	before := math.Inf(1)
	for i, r := range got.Results {
		ref := r.Document.Location[strings.LastIndexByte(r.Document.Location, '/')+1:]
		score, found := want[ref]
		if !found || r.Rank != i+1 {
			t.Fatalf("%+v found %s at rank %d", q, ref, r.Rank)
		}
		if score > before+1e-6 {
			t.Fatalf("%+v: %s (%v) behind one with %v: %s", q, ref, score, before, order(want))
		}
		before = score
	}
}

func order(scores map[string]float64) string {
	refs := slices.SortedFunc(maps.Keys(scores), func(a, b string) int { return cmp.Compare(scores[b], scores[a]) })
	return fmt.Sprint(refs, scores)
}
