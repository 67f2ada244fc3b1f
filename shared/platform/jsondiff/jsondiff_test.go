package jsondiff_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/jsondiff"
)

func TestDiffs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"equal":                {`{"a":[1,{"b":null}]}`, `{"a":[1,{"b":null}]}`, `[]`},
		"a member changes":     {`{"a":1}`, `{"a":2}`, `[{"op":"replace","path":"/a","from":1,"value":2}]`},
		"to null and back":     {`{"a":1,"b":null}`, `{"a":null,"b":1}`, `[{"op":"replace","path":"/a","from":1,"value":null},{"op":"replace","path":"/b","from":null,"value":1}]`},
		"null comes and goes":  {`{"a":null}`, `{"b":null}`, `[{"op":"remove","path":"/a","from":null},{"op":"add","path":"/b","value":null}]`},
		"names are escaped":    {`{"a/b":{"~":1}}`, `{"a/b":{}}`, `[{"op":"remove","path":"/a~1b/~0","from":1}]`},
		"the type changes":     {`{"a":[]}`, `{"a":{}}`, `[{"op":"replace","path":"/a","from":[],"value":{}}]`},
		"the whole value":      {`1`, `"1"`, `[{"op":"replace","path":"","from":1,"value":"1"}]`},
		"in front of a list":   {`["b","c"]`, `["a","b","c"]`, `[{"op":"add","path":"/0","value":"a"}]`},
		"the end of a list":    {`[1,2,3,4]`, `[1,2]`, `[{"op":"remove","path":"/3","from":4},{"op":"remove","path":"/2","from":3}]`},
		"within an item":       {`[{"a":1},2]`, `[{"a":2},2]`, `[{"op":"replace","path":"/0/a","from":1,"value":2}]`},
		"an empty name":        {`{"":1}`, `{}`, `[{"op":"remove","path":"/","from":1}]`},
		"the middle of a list": {`[1,2,3]`, `[1,4,5,3]`, `[{"op":"replace","path":"/1","from":2,"value":4},{"op":"add","path":"/2","value":5}]`},
	} {
		got, err := json.Marshal(jsondiff.Diff(decode(t, c.from), decode(t, c.to)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decode(t, c.want), decode(t, string(got))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func decode(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// values makes small JSON values of few names and scalars, so that two of them have much
// in common.
func values(depth int) *rapid.Generator[any] {
	scalar := rapid.SampledFrom([]any{nil, true, 1.0, 2.0, "", "a"})
	if depth == 0 {
		return scalar
	}
	inner := values(depth - 1)
	name := rapid.SampledFrom([]string{"", "a", "b/c", "~", "~1", "0"})
	return rapid.OneOf(scalar,
		rapid.Map(rapid.SliceOfN(inner, 0, 5), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(name, inner, 0, 4), func(m map[string]any) any { return m }))
}

func TestADiffTurnsOneIntoTheOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from, to := values(3).Draw(t, "from"), values(3).Draw(t, "to")
		ops := jsondiff.Diff(from, to)
		got, err := apply(from, ops)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(to, got); diff != "" {
			t.Fatalf("%s\nby %s", diff, text(ops))
		}
		if equal := cmp.Equal(from, to); equal != (len(ops) == 0) {
			t.Fatalf("equal: %v, with %s", equal, text(ops))
		}
	})
}

func TestWholeValuesComeAndGo(t *testing.T) {
	t.Parallel()
	if got := text(jsondiff.Added("a")) + text(jsondiff.Removed(nil)); got != `[{"op":"add","path":"","value":"a"}][{"op":"remove","path":"","from":null}]` {
		t.Error(got)
	}
}

func text(v any) string {
	body, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// apply follows RFC 6902, and refuses an operation that tells anything but the truth about
// what was there before.
func apply(v any, ops []jsondiff.Op) (any, error) {
	v = decodeCopy(v)
	for _, op := range ops {
		var err error
		if v, err = applyAt(v, pathOf(op.Path), op); err != nil {
			return nil, fmt.Errorf("%s: %w", text(op), err)
		}
	}
	return v, nil
}

func decodeCopy(v any) (out any) {
	_ = json.Unmarshal([]byte(text(v)), &out)
	return out
}

func pathOf(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer[1:], "/")
	for i := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[i])
	}
	return parts
}

func applyAt(v any, path []string, op jsondiff.Op) (any, error) {
	if len(path) == 0 {
		if op.Op != jsondiff.Replace || !cmp.Equal(v, *op.From) {
			return nil, errors.New("not a replacement of what is there")
		}
		return decodeCopy(*op.Value), nil
	}
	switch v := v.(type) {
	case map[string]any:
		return v, applyToObject(v, path, op)
	case []any:
		return applyToList(v, path, op)
	}
	return nil, errors.New("the path leads through a scalar")
}

func applyToObject(m map[string]any, path []string, op jsondiff.Op) (err error) {
	was, there := m[path[0]]
	switch {
	case len(path) == 1 && op.Op == jsondiff.Add:
		if there {
			return errors.New("there already")
		}
		m[path[0]] = decodeCopy(*op.Value)
	case !there:
		return errors.New("not there")
	case len(path) == 1 && op.Op == jsondiff.Remove:
		if !cmp.Equal(was, *op.From) {
			return errors.New("something else was there")
		}
		delete(m, path[0])
	default:
		m[path[0]], err = applyAt(was, path[1:], op)
	}
	return err
}

func applyToList(l []any, path []string, op jsondiff.Op) (_ []any, err error) {
	i, err := strconv.Atoi(path[0])
	if err != nil || i < 0 || i > len(l) {
		return nil, errors.New("no such place")
	}
	if len(path) == 1 && op.Op == jsondiff.Add {
		return slices.Insert(l, i, decodeCopy(*op.Value)), nil
	}
	if i == len(l) {
		return nil, errors.New("no such place")
	}
	if len(path) == 1 && op.Op == jsondiff.Remove {
		if !cmp.Equal(l[i], *op.From) {
			return nil, errors.New("something else was there")
		}
		return slices.Delete(l, i, i+1), nil
	}
	l[i], err = applyAt(l[i], path[1:], op)
	return l, err
}
