package keyorder_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

func decode(t *testing.T, document string) (any, *keyorder.Order) {
	t.Helper()
	v, order, err := keyorder.Decode([]byte(document))
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return v, order
}

func written(t *testing.T, order *keyorder.Order, v any) string {
	t.Helper()
	out, err := order.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestWhatIsDecodedIsWrittenTheSameWay(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{"b":1,"a":{"z":[],"y":{}},"c":null}`:                            "",
		` [ {"b" : 1 , "a" : 2 } , "x", {"a":1,"b":[[{"y":1,"x":2}]]} ] `: `[{"b":1,"a":2},"x",{"a":1,"b":[[{"y":1,"x":2}]]}]`,
		`{"b":1,"a":2,"b":{"d":1,"c":2}}`:                                 `{"b":{"d":1,"c":2},"a":2}`,
		`{"b":{"d":1,"c":2},"a":2,"b":{}}`:                                `{"b":{},"a":2}`,
		`{"":1,"\u0061\"":"<&>\u2028\ud800\n"}`:                           "{\"\":1,\"a\\\"\":\"<&>\\u2028\ufffd\\n\"}",
		`[true,false,null,-0,1e3,1.5,1e21]`:                               `[true,false,null,-0,1000,1.5,1e+21]`,
		`"text"`:                                                          "",
	} {
		if want == "" {
			want = document
		}
		v, order := decode(t, document)
		if got := written(t, order, v); got != want {
			t.Errorf("%s: %s", document, got)
		}
	}
}

func TestSortedDocumentsHaveNoOrder(t *testing.T) {
	t.Parallel()
	for document, none := range map[string]bool{
		`{"a":1,"b":[{"a":1,"b":2}],"c":{}}`: true, `[]`: true, `1`: true, `[{"b":1},{}]`: true,
		`{"a":{"b":1,"a":2}}`: false, `[{},{"b":1,"a":2}]`: false, `{"b":1,"a":1}`: false,
	} {
		if _, order := decode(t, document); (order == nil) != none {
			t.Error(document, order)
		}
	}
}

func TestAnOrderSurvivesChanges(t *testing.T) {
	t.Parallel()
	v, order := decode(t, `{"z":{"b":1,"a":2},"y":[{"d":1,"c":2}],"x":3}`)
	object := v.(map[string]any)
	delete(object, "x")
	object["n"], object["m"] = map[string]any{"b": 1.0, "a": 2.0}, 1.0
	object["z"].(map[string]any)["aa"] = 3.0
	if got := written(t, order, object); got != `{"z":{"b":1,"a":2,"aa":3},"y":[{"d":1,"c":2}],"m":1,"n":{"a":2,"b":1}}` {
		t.Error(got)
	}
	if got := written(t, order, []any{"another", map[string]any{"b": 1.0, "a": 2.0}}); got != `["another",{"a":2,"b":1}]` {
		t.Error(got)
	}
	_, within := decode(t, `{"b":1,"a":2}`)
	moved := order.First(object, "m", "y").With("n", within).With("z", nil)
	if got := written(t, moved, object); got != `{"m":1,"y":[{"d":1,"c":2}],"z":{"a":2,"aa":3,"b":1},"n":{"b":1,"a":2}}` {
		t.Error(got)
	}
	if got := slices.Collect(moved.Keys(object)); !slices.Equal(got, []string{"m", "y", "z", "n"}) {
		t.Error(got)
	}
	if got := written(t, order, object); got[:5] != `{"z":` {
		t.Error("the first order was changed", got)
	}
}

func TestManyKeysTakeLittleTime(t *testing.T) {
	t.Parallel()
	object := map[string]any{}
	var b keyorder.ObjectBuilder
	for i := range 200_000 {
		name := fmt.Sprint("k", 1_000_000-i)
		if object[name] = true; i%2 == 0 {
			b.Add(name, nil, false)
		}
	}
	if n := len(slices.Collect(b.Order().Keys(object))); n != len(object) { // key by key it would take minutes
		t.Error(n)
	}
}

func TestWrittenAsByEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := value(3).Draw(t, "value")
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		var none *keyorder.Order
		got, err := none.Append(nil, v)
		if err != nil || string(got) != strings.TrimSuffix(want.String(), "\n") {
			t.Fatalf("%s\n%s\n%v", got, want.String(), err)
		}
		var again any
		if err := json.Unmarshal(got, &again); err != nil {
			t.Fatal(err)
		}
		read, order, err := keyorder.Decode(got)
		if d := cmp.Diff(again, read); d != "" || order != nil || err != nil {
			t.Fatal(d, order, err)
		}
	})
}

func value(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Float64().AsAny(), rapid.Int32().AsAny(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) any { return string(b) }),
		rapid.SliceOfN(rapid.String(), 0, 3).AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds, rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) }), 0, 3).AsAny(),
			rapid.MapOfN(rapid.String(), rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) }), 0, 3).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func TestWhatCanNotBeWritten(t *testing.T) {
	t.Parallel()
	var none *keyorder.Order
	for _, v := range []any{math.NaN(), []any{math.Inf(1)}, map[string]any{"a": make(chan int)}} {
		if out, err := none.Append(nil, v); err == nil {
			t.Error(string(out))
		}
	}
	if _, _, err := keyorder.Decode([]byte(`[1e999]`)); err == nil {
		t.Error("a number that is too large")
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{`{"o":{"b":"<","a":2}}`: `{"o":{"b":"\u003c","a":2}}`, `{"o":null}`: `{"o":{}}`, `{}`: `{"o":{}}`} {
		var s struct {
			O keyorder.Object `json:"o"`
		}
		if err := json.Unmarshal([]byte(document), &s); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(s); string(got) != want || err != nil {
			t.Errorf("%s: %s %v", document, got, err)
		}
		if err := json.Unmarshal([]byte(`{"o":[]}`), &s); err == nil {
			t.Error("a list is no object")
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"b":[1,{"d":"\ud83d\ude00","c":-1.5e3}],"a":true,"b":null}`))
	f.Add([]byte(`{"a":{"b`))
	f.Add([]byte(`[[[,]x`))
	f.Fuzz(func(t *testing.T, document []byte) {
		v, order, err := keyorder.Decode(document)
		var want any
		if json.Unmarshal(document, &want) != nil {
			return // no promise but to come back
		}
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, v); d != "" {
			t.Fatal(d)
		}
		out, err := order.Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		again, same, err := keyorder.Decode(out)
		if d := cmp.Diff(want, again); d != "" || !order.Equal(same) || err != nil {
			t.Fatal(d, err)
		}
	})
}
