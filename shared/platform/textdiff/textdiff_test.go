package textdiff_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/textdiff"
)

func TestDifferencesAreWhatDiffWrites(t *testing.T) {
	t.Parallel()
	ten := "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"
	for name, c := range map[string]struct{ before, after, want string }{
		"equal":         {"a\nb\n", "a\nb\n", ""},
		"nothing":       {"", "", ""},
		"new":           {"", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		"one line":      {"", "a\n", "@@ -0,0 +1 @@\n+a\n"},
		"gone":          {"a\n", "", "@@ -1 +0,0 @@\n-a\n"},
		"changed":       {"a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"},
		"far apart":     {ten + ten, "0\n" + ten + ten[:len(ten)-3], "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -17,4 +18,3 @@\n 7\n 8\n 9\n-10\n"},
		"near":          {ten, strings.Replace(strings.Replace(ten, "2\n", "", 1), "9\n", "", 1), "@@ -1,10 +1,8 @@\n 1\n-2\n 3\n 4\n 5\n 6\n 7\n 8\n-9\n 10\n"},
		"no end":        {"a", "b", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"},
		"an end":        {"a", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"},
		"moved":         {"a\nb\n", "b\na\n", "@@ -1,2 +1,2 @@\n-a\n b\n+a\n"},
		"line ends":     {"a\r\n", "a\n", "@@ -1 +1 @@\n-a\r\n+a\n"},
		"only in front": {"b\n", "a\nb\n", "@@ -1 +1,2 @@\n+a\n b\n"},
	} {
		if got := textdiff.Unified(c.before, c.after); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// apply makes the later text of the earlier one and a difference.
func apply(before, diff string) (string, error) {
	old := strings.SplitAfter(before, "\n")
	if old[len(old)-1] == "" {
		old = old[:len(old)-1]
	}
	var out strings.Builder
	at := 0
	list := strings.SplitAfter(diff, "\n")
	for i, line := range list {
		open := i+1 < len(list) && strings.HasPrefix(list[i+1], "\\")
		text := ""
		if line != "" {
			text = line[1:]
		}
		if open {
			text = strings.TrimSuffix(text, "\n")
		}
		switch {
		case strings.HasPrefix(line, "@@"):
			from, count, _ := strings.Cut(strings.TrimPrefix(strings.Fields(line)[1], "-"), ",")
			start, err := strconv.Atoi(from)
			if err != nil {
				return "", err
			}
			if count != "0" {
				start--
			}
			for ; at < start; at++ {
				out.WriteString(old[at])
			}
		case line == "" || line[0] == '\\':
		case line[0] == '+':
			out.WriteString(text)
		case at >= len(old) || old[at] != text:
			return "", fmt.Errorf("line %d is not %q", at+1, text)
		default:
			if line[0] == ' ' {
				out.WriteString(text)
			}
			at++
		}
	}
	for ; at < len(old); at++ {
		out.WriteString(old[at])
	}
	return out.String(), nil
}

func TestDifferencesLeadFromOneTextToTheOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "", "\n", "\n", "\n"}), 0, 60), func(parts []string) string { return strings.Join(parts, "") })
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		diff := textdiff.Unified(before, after)
		got, err := apply(before, diff)
		if err != nil || got != after {
			t.Fatalf("%q and %q give %q, %v: %q", before, after, got, err, diff)
		}
		if (diff == "") != (before == after) {
			t.Fatalf("%q", diff)
		}
	})
}

func TestLargeDifferencesAreFoundSoon(t *testing.T) {
	t.Parallel()
	var a, b strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&a, "a%d\n", i)
		fmt.Fprintf(&b, "b%d\n", i)
	}
	began := time.Now()
	got, err := apply(a.String(), textdiff.Unified(a.String(), b.String()))
	if took := time.Since(began); err != nil || got != b.String() || took > 5*time.Second {
		t.Errorf("%s, %v", took, err)
	}
}

func TestWhatIsNoText(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]bool{"": false, "äöü\n": false, "a\x00b": true, "\xff\xfe": true} {
		if textdiff.Binary([]byte(content)) != want {
			t.Errorf("%q", content)
		}
	}
}
