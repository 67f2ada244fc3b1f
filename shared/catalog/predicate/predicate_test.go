package predicate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestPredicatesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`"x"`, `7`, `[]`, `null`, `{"$all":{}}`, `{"$any":[1]}`, `{"$not":[]}`, `{"$or":[]}`, `{"kind":null}`, `{"kind":[]}`, `{"kind":{}}`,
		`{"kind":{"$in":["a",{}]}}`, `{"kind":{"$exists":"yes"}}`, `{"kind":{"$hasPrefix":1}}`, `{"kind":{"$exists":true,"$in":[]}}`,
		`{"kind":{"$contains":{"type":"x"}}}`, `{"relations":{"$contains":{}}}`,
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if p, err := predicate.Parse(v); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v, %v", text, p, err)
		}
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values []string
		want   predicate.Node
	}{
		"nothing":           {nil, nil},
		"blanks":            {[]string{" , "}, nil},
		"exists":            {[]string{"Spec.Type"}, predicate.Exists{Key: "spec.type", Want: true}},
		"equals":            {[]string{" kind = API "}, predicate.Equals{Key: "kind", Values: []string{"api"}}},
		"equals nothing":    {[]string{"metadata.title="}, predicate.Equals{Key: "metadata.title", Values: []string{""}}},
		"the first = cuts":  {[]string{"a=b=c"}, predicate.Equals{Key: "a", Values: []string{"b=c"}}},
		"a key twice":       {[]string{"kind=a,KIND=b"}, predicate.Equals{Key: "kind", Values: []string{"a", "b"}}},
		"no operators":      {[]string{"$all=x"}, predicate.Any{}},
		"all of a set":      {[]string{"a=1,b"}, predicate.All{predicate.Equals{Key: "a", Values: []string{"1"}}, predicate.Exists{Key: "b", Want: true}}},
		"any of two values": {[]string{"a", "b"}, predicate.Any{predicate.All{predicate.Exists{Key: "a", Want: true}}, predicate.All{predicate.Exists{Key: "b", Want: true}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := predicate.ParseFilter(c.values)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, unwrapped(got)); diff != "" {
				t.Fatal(diff)
			}
		})
	}
	if _, err := predicate.ParseFilter([]string{"=x"}); !errors.Is(err, errs.Invalid) {
		t.Fatalf("a value without key: %v", err)
	}
}

// unwrapped drops an All of one at the top.
func unwrapped(n predicate.Node) predicate.Node {
	if all, ok := n.(predicate.All); ok && len(all) == 1 {
		return all[0]
	}
	return n
}

// What is too large is refused before anything is made of it.
func TestLimits(t *testing.T) {
	t.Parallel()
	many := make([]any, 0, 2000)
	for n := range 2000 {
		many = append(many, fmt.Sprint(n))
	}
	var deep any = map[string]any{"kind": "api"}
	for range 100 {
		deep = map[string]any{"$not": deep}
	}
	for name, query := range map[string]any{"many values": map[string]any{"kind": map[string]any{"$in": many}}, "deep": deep} {
		if _, err := predicate.Parse(query); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := predicate.ParseFilter([]string{strings.Repeat("a,", 5000)}); err != nil {
		t.Errorf("a key repeated: %v", err)
	}
	keys := make([]string, 0, 3000)
	for n := range 3000 {
		keys = append(keys, fmt.Sprint("k", n))
	}
	if _, err := predicate.ParseFilter([]string{strings.Join(keys, ",")}); !errors.Is(err, errs.Invalid) {
		t.Errorf("many keys: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"kind":"api"}`, `{"$all":[{"a":1},{"$not":{"b":{"$exists":true}}}]}`, `{"a":{"$in":["x",2,true]}}`,
		`{"relations":{"$contains":{"type":"t","targetRef":{"$in":["a"]}}}}`, `{"a":{"$hasPrefix":"x"}}`, `[]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var query any
		if json.Unmarshal([]byte(text), &query) != nil {
			return
		}
		if n, err := predicate.Parse(query); (n == nil) == (err == nil) {
			t.Fatalf("%q: %v, %v", text, n, err)
		}
	})
}

func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{"kind=api", "a,b=,c=d=e", "=x", " , ", "$all=x", "kind=a,kind=b", "K=\u0130"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		n, err := predicate.ParseFilter([]string{a, b})
		if err != nil && (n != nil || !errors.Is(err, errs.Invalid)) {
			t.Fatalf("%q, %q: %v, %v", a, b, n, err)
		}
	})
}
