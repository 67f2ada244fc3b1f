package operations_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestAPlanIsItsEffects(t *testing.T) {
	t.Parallel()
	effect := func(id, kind, params string) operations.Effect {
		return operations.Effect{ID: id, Kind: kind, Target: "t", Params: json.RawMessage(params)}
	}
	p, err := operations.NewPlan([]operations.Effect{effect("a", "k", `{"v":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		e     operations.Effect
		holds bool
	}{
		"the same":         {effect("a", "k", `{"v":1}`), true},
		"other parameters": {effect("a", "k", `{"v":2}`), false},
		"another kind":     {effect("a", "l", `{"v":1}`), false},
		"another id":       {effect("b", "k", `{"v":1}`), false},
	} {
		other, err := operations.NewPlan([]operations.Effect{c.e})
		if err != nil {
			t.Fatal(err)
		}
		if p.Holds(c.e) != c.holds || (other.Hash == p.Hash) != c.holds {
			t.Errorf("%s: holds %v, hash %s", name, p.Holds(c.e), other.Hash)
		}
	}
	if (*operations.Plan)(nil).Holds(effect("a", "k", "")) {
		t.Error("no plan holds nothing")
	}
	for name, bad := range map[string][]operations.Effect{
		"twice": {effect("a", "k", "1"), effect("a", "k", "2")}, "no id": {effect("", "k", "1")}, "no kind": {effect("a", "", "1")},
	} {
		if _, err := operations.NewPlan(bad); err == nil {
			t.Errorf("%s: a plan was made", name)
		}
	}
}

func TestAPlanHoldsWhatItCouldNotKnow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		planned, actual string
		holds           bool
	}{
		"a number":                 {`{"project":"⟦known after: p.id⟧"}`, `{"project":17}`, true},
		"a text":                   {`{"project":"⟦known after: p.id⟧"}`, `{"project":"x"}`, true},
		"an object":                {`{"project":"⟦known after: p.id⟧"}`, `{"project":{"a":[1]}}`, true},
		"nothing":                  {`{"project":"⟦known after: p.id⟧"}`, `{"project":null}`, true},
		"a part of a text":         {`{"url":"https://x/⟦known after: p.id⟧/y"}`, `{"url":"https://x/17/y"}`, true},
		"the whole":                {`"⟦known after: p.id⟧"`, `[1,2]`, true},
		"in a list":                {`[1,"⟦known after: p.id⟧",3]`, `[1,{},3]`, true},
		"another order":            {`{"a":1,"b":[true,null]}`, `{"b": [true, null], "a": 1}`, true},
		"escapes":                  {`{"a":"<"}`, `{"a":"\u003c"}`, true},
		"not there at all":         {`{"a":1,"project":"⟦known after: p.id⟧"}`, `{"a":1}`, false},
		"another member besides":   {`{"project":"⟦known after: p.id⟧"}`, `{"project":1,"b":2}`, false},
		"a known one beside it":    {`{"project":"⟦known after: p.id⟧","a":1}`, `{"project":1,"a":2}`, false},
		"one more in the list":     {`["⟦known after: p.id⟧"]`, `[1,2]`, false},
		"only the text is unknown": {`{"a":{"b":"x"}}`, `{"a":"⟦known after: p.id⟧"}`, false},
		"a name":                   {`{"⟦known after: p.id⟧":1}`, `{"x":1}`, false},
		"another number":           {`{"a":1}`, `{"a":1.0}`, false},
		"a large number":           {`{"a":9007199254740993}`, `{"a":9007199254740992}`, false},
		"text for a number":        {`{"a":1}`, `{"a":"1"}`, false},
		"null for an object":       {`{"a":null}`, `{"a":{}}`, false},
		"a list for an object":     {`{"a":[]}`, `{"a":{}}`, false},
		"not JSON":                 {`{"a":1}`, `{"a":`, false},
	} {
		e := operations.Effect{ID: "a", Kind: "k", Target: "t", Params: json.RawMessage(c.planned)}
		p := operations.Plan{Effects: []operations.Effect{e}}
		e.Params = json.RawMessage(c.actual)
		if p.Holds(e) != c.holds {
			t.Errorf("%s: %s holds %s: %v", name, c.planned, c.actual, !c.holds)
		}
	}
	e := operations.Effect{ID: "a", Kind: "k", Target: "variable X of " + operations.UnknownMark("p.path")}
	p := operations.Plan{Effects: []operations.Effect{e}}
	e.Target = "variable X of apps/orders"
	if !p.Holds(e) {
		t.Error("an unknown target is not held")
	}
	if e.ID = "b"; p.Holds(e) {
		t.Error("another effect is held")
	}
}

// What was marked as unknown may become anything, and nothing else may change.
func TestHoldsIsExactBesidesWhatIsUnknown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		planned := drawJSON(r, 3)
		actual := fill(r, planned)
		holds := func(planned, actual any) bool {
			e := operations.Effect{ID: "a", Kind: "k", Target: "t", Params: marshal(r, planned)}
			p := operations.Plan{Effects: []operations.Effect{e}}
			e.Params = marshal(r, actual)
			return p.Holds(e)
		}
		if !holds(planned, actual) {
			r.Fatalf("%v does not hold %v", planned, actual)
		}
		if holds(map[string]any{"a": planned, "b": 1}, map[string]any{"a": actual, "b": 2}) {
			r.Fatalf("a changed member beside %v is held", planned)
		}
	})
}

func marshal(r *rapid.T, v any) json.RawMessage {
	body, err := json.Marshal(v)
	if err != nil {
		r.Fatal(err)
	}
	return body
}

func drawJSON(r *rapid.T, depth int) any {
	leaf := rapid.OneOf(rapid.Just[any](nil), rapid.Just[any](true), rapid.Map(rapid.Int(), func(n int) any { return n }),
		rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Just[any](operations.UnknownMark("x")))
	if depth == 0 {
		return leaf.Draw(r, "leaf")
	}
	switch rapid.IntRange(0, 2).Draw(r, "form") {
	case 0:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(r, "length") {
			list = append(list, drawJSON(r, depth-1))
		}
		return list
	case 1:
		object := map[string]any{}
		for _, name := range rapid.SliceOfN(rapid.StringMatching(`[a-c]`), 0, 3).Draw(r, "names") {
			object[name] = drawJSON(r, depth-1)
		}
		return object
	}
	return leaf.Draw(r, "leaf")
}

// fill puts values in the place of all marks.
func fill(r *rapid.T, planned any) any {
	switch p := planned.(type) {
	case string:
		if operations.HoldsUnknown(p) {
			return drawJSON(r, 1)
		}
	case []any:
		list := []any{}
		for _, v := range p {
			list = append(list, fill(r, v))
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for name, v := range p {
			object[name] = fill(r, v)
		}
		return object
	}
	return planned
}

func TestOnlyTheApprovedPlanIsTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	approved, err := operations.NewPlan([]operations.Effect{thing("x")})
	if err != nil {
		t.Fatal(err)
	}
	moved, err := operations.NewPlan([]operations.Effect{thing("y")})
	if err != nil {
		t.Fatal(err)
	}
	r := make1("key")
	r.PlanHash = approved.Hash
	o, err := b.ops.Accept(as("user:default/ann"), r)
	if err != nil {
		t.Fatal(err)
	}
	b.begin(t, o.ID)
	if _, err := b.ops.SetPlan(t.Context(), o.ID, moved); !errors.Is(err, errs.Conflict) || !strings.Contains(errs.Message(err), "the world has moved") {
		t.Errorf("another plan: %v", err)
	}
	if o, err = b.ops.SetPlan(t.Context(), o.ID, approved); err != nil || o.Plan.Hash != o.Approved {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := b.ops.SetPlan(t.Context(), o.ID, moved); err != nil {
		t.Errorf("a repeated task: %v", err)
	}
	r.PlanHash = moved.Hash
	if _, err := b.ops.Accept(as("user:default/ann"), r); !errors.Is(err, errs.Conflict) {
		t.Errorf("the key with another approval: %v", err)
	}
	r = make1("")
	r.PlanHash = "nonsense"
	if _, err := b.ops.Accept(as("user:default/ann"), r); !errors.Is(err, errs.Invalid) || errs.Fields(err)[0].Pointer != "/planHash" {
		t.Errorf("no hash: %v", err)
	}
}
