package actions

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestKebabCase compares with what lodash 4.17 answers: testdata/kebab.txt has a pair of a
// text and its answer in each line.
func TestKebabCase(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/kebab.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(file)), "\n")
	for _, line := range lines {
		var pair [2]string
		if err := json.Unmarshal([]byte(line), &pair); err != nil {
			t.Fatal(err)
		}
		if got := kebabCase(pair[0]); got != pair[1] {
			t.Errorf("%q becomes %q, want %q", pair[0], got, pair[1])
		}
	}
	if len(lines) < 100 {
		t.Errorf("%d pairs", len(lines))
	}
}
