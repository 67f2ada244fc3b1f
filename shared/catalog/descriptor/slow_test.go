package descriptor_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
)

// heavy are files of the largest size that are meant to take long.
func heavy() map[string]string {
	const size = descriptor.MaxFileBytes - 64
	upTo := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	head := kind("Component") + "metadata: {name: x}\nspec:\n  type: service\n  lifecycle: x\n  owner: x\n"
	var keys, documents strings.Builder
	for i := 0; keys.Len() < size; i++ {
		fmt.Fprintf(&keys, "  k%06d: v\n", i)
	}
	for i := 0; i < 500; i++ {
		fmt.Fprintf(&documents, "---\n%smetadata:\n  name: x%d\n  description: %s\n  tags: [%s]\nspec: {type: service, lifecycle: x, owner: x}\n", kind("Component"), i, strings.Repeat("d", 500), strings.Repeat("a b, ", 280))
	}
	return map[string]string{
		"one long text":              "a: " + strings.Repeat("x", size),
		"a folded text":              "a: >\n" + upTo("  some words that are folded\n"),
		"a quoted text with escapes": `a: "` + upTo(`\u00e4`) + `"`,
		"a list in flow style":       "a: [" + upTo("1,") + "]",
		"a list of maps":             "a:\n" + upTo("- {a: 1, b: 2}\n"),
		"keys of one map":            head + "  more:\n" + strings.ReplaceAll(keys.String(), "  k", "    k")[:900_000] + "\n",
		"keys at the root":           strings.ReplaceAll(keys.String(), "  k", "k"),
		"long keys":                  "? " + strings.Repeat("k", size),
		"the same key again":         upTo("a: b\n"),
		"comments":                   upTo("# comment\n") + "a: b",
		"blank lines":                upTo("\n") + "a: b",
		"blank lines with blanks":    upTo(" \n") + "a: b",
		"carriage returns":           upTo("\r") + "a: b",
		"document markers":           upTo("---\n"),
		"documents":                  documents.String(),
		"documents that end":         upTo("...\n"),
		"open brackets":              upTo("["),
		"open braces":                upTo("{"),
		"brackets and colons":        upTo("[:"),
		"indentation":                upTo("- "),
		"question marks":             upTo("? "),
		"anchors":                    "a:\n" + upTo("- &a x\n"),
		"aliases":                    "a: &a [x]\nb:\n" + upTo("- *a\n"),
		"tags":                       "a:\n" + upTo("- !x y\n"),
		"tag directives":             upTo("%TAG !a! tag:x\n") + "--- a\n",
		"plain text over lines":      "a: " + upTo("word\n  "),
		"colons":                     "a: " + upTo("x:y "),
		"unclosed quote":             "a: '" + upTo("x\n"),
		"a NUL at the end":           "a: " + strings.Repeat("x", size) + "\x00",
		"numbers":                    "a: [" + upTo("1e308,") + "]",
		"timestamps":                 "a: [" + upTo("2026-11-22T09:00:00Z,") + "]",
		"invalid tags":               kind("Component") + "metadata:\n  name: x\n  tags: [" + strings.Repeat("A B,", 90_000) + "]\n",
	}
}

// BenchmarkHeavyFiles gives the processor time of the whole process: that of the clock
// says little on a machine that others use too. It is to stay below 100 ms.
func BenchmarkHeavyFiles(b *testing.B) {
	for name, text := range heavy() {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			before := processorTime(b)
			for b.Loop() {
				descriptor.Parse([]byte(text), descriptor.Options{})
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// A file that takes a hundred times what is allowed shows even on a busy machine.
func TestNoFileIsSlow(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("parses 30 MB")
	}
	for name, text := range heavy() {
		start := time.Now()
		descriptor.Parse([]byte(text), descriptor.Options{})
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %s", name, took)
		}
	}
}
