package auth

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEntityRefs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{ // regular expressions
		"jane":                   "user:default/jane",
		"Jane.Doe_1":             "user:default/jane.doe_1",
		"00u1AbC":                "user:default/00u1abc",
		strings.Repeat("a", 63):  "user:default/a{63}",
		strings.Repeat("a", 64):  "user:default/a{50}-[0-9a-f]{12}",
		"jane@example.com":       "user:default/jane-example.com-[0-9a-f]{12}",
		"../group:default/admin": "user:default/group-default-admin-[0-9a-f]{12}",
		"名前":                     "user:default/[0-9a-f]{12}",
	} {
		if got := entityRef("user", in); !regexp.MustCompile("^" + want + "$").MatchString(got) {
			t.Errorf("%q: got %s", in, got)
		}
	}
}

func TestEntityRefsAreValidAndDistinct(t *testing.T) {
	t.Parallel()
	valid := regexp.MustCompile(`^user:default/([a-z0-9][-a-z0-9_.]*)?[a-z0-9]$`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		refA, refB := entityRef("user", a), entityRef("user", b)
		if !valid.MatchString(refA) || len(refA) > len("user:default/")+maxEntityName {
			t.Fatalf("%q gives %q", a, refA)
		}
		if !strings.EqualFold(a, b) && refA == refB {
			t.Fatalf("%q and %q share %q", a, b, refA)
		}
	})
}
