package gitlab

import (
	"strings"
	"testing"
	"unicode"
)

func FuzzReasonOf(f *testing.F) {
	for _, body := range []string{
		`{"message":"404 Project Not Found"}`, `{"message":{"name":["is taken"],"base":["x"]}}`, `{"message":["a","b"]}`,
		`{"error":"x","error_description":"y"}`, `{"message":{"error":"too many"}}`, `[]`, `{"message":{"a":{"b":{"c":{"d":{"e":"f"}}}}}}`, "\xff",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		reason := reasonOf(body)
		if n := len([]rune(reason)); n > maxReason+1 {
			t.Fatalf("%d characters", n)
		}
		if strings.ContainsFunc(reason, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Fatalf("%q is not safe to show", reason)
		}
	})
}
