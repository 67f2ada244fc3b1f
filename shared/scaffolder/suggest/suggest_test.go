package suggest

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestClosest(t *testing.T) {
	t.Parallel()
	names := []string{"lower", "upper", "parseRepoUrl", "dump", "default", "d", "e"}
	for wrong, want := range map[string]string{
		"lowr": "lower", "uper": "upper", "UPPER": "upper", "parseRepoURL": "parseRepoUrl", "parsRepoUrl": "parseRepoUrl", "dmup": "dump", "defautl": "default",
		"jsonify": "", "x": "", "": "", strings.Repeat("lower", 20): "",
	} {
		if got := Closest(wrong, names); got != want {
			t.Errorf("%q: got %q, want %q", wrong, got, want)
		}
	}
}

func TestEditsAreADistance(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-c]{0,6}`)
	rapid.Check(t, func(r *rapid.T) {
		a, b := word.Draw(r, "a"), word.Draw(r, "b")
		d := edits(a, b)
		if d != edits(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) {
			r.Fatalf("%q to %q takes %d edits, back %d", a, b, d, edits(b, a))
		}
	})
}
