package asl_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
)

// pass makes a machine that computes one value.
func pass(expression string) string {
	raw, _ := json.Marshal(expression) // a string can always be written
	return one(`{"Type":"Pass","Parameters":{"v.$":` + string(raw) + `},"OutputPath":"$.v","End":true}`)
}

func load(t *testing.T, definition string) *asl.Machine {
	t.Helper()
	m, err := asl.Load([]byte(definition), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// check runs a machine. Want is its output, or "!" and the name of its failure.
func check(t *testing.T, definition, input, want string) {
	t.Helper()
	got := run(t, load(t, definition), input, newHost(), newHurried())
	if name, fails := strings.CutPrefix(want, "!"); fails {
		if got.Failure == nil || got.Failure.Name != name {
			t.Errorf("%s\nwith %.100s gives %s %v, not %s", definition, input, got.Output, got.Failure, want)
		}
		return
	}
	var a, b any
	if got.Failure != nil || json.Unmarshal(got.Output, &a) != nil || json.Unmarshal([]byte(want), &b) != nil {
		t.Errorf("%s\nwith %.100s gives %s %v, not %s", definition, input, got.Output, got.Failure, want)
		return
	}
	if diff := cmp.Diff(b, a); diff != "" {
		t.Errorf("%s\nwith %.100s (-want +got):\n%s", definition, input, diff)
	}
}

func TestExpressions(t *testing.T) {
	t.Parallel()
	const doc = `{"a":{"b":[1,2,{"c":"x"}],"d-e":true},"list":[{"n":1,"k":"p"},{"n":2},{"n":3,"k":"q"}],"big":12345678901234567890,"s":"it's"}`
	for expression, want := range map[string]string{
		`$.a.b[0]`: `1`, `$.a.b[-1].c`: `"x"`, `$['a']["b"][1]`: `2`, `$.a.d-e`: `true`, `$.a.b[:2]`: `[1,2]`, `$.a.b[1:]`: `[2,{"c":"x"}]`,
		`$.a.b[0:3:2]`: `[1,{"c":"x"}]`, `$.a.b[0,2]`: `[1,{"c":"x"}]`, `$.list[*].n`: `[1,2,3]`, `$..n`: `[1,2,3]`, `$..b[0]`: `[1]`,
		`$.list[?(@.n > 1)].n`: `[2,3]`, `$.list[?(@.k)].k`: `["p","q"]`, `$.list[?(!@.k)].n`: `[2]`, `$.list[?(@.n == 1 || @.k == 'q')].n`: `[1,3]`,
		`$.list[?(@.n >= 1 && (@.k == "p"))].n`: `[1]`, `$.list[?(@.n == $.a.b[1])].n`: `[2]`, `$.list[?(@.k != 'p')].n`: `[2,3]`, `$.list[?(@.n < 'a')]`: `[]`,
		`$.list[*]['n','k']`: `[1,"p",2,3,"q"]`, `$.big`: `12345678901234567890`, `$.none[*]`: `[]`, `$.a.*`: `[[1,2,{"c":"x"}],true]`,
		`$.none`: "!States.Runtime", `$.a.b[9]`: "!States.Runtime", `$.s.x`: "!States.Runtime", `$unknown`: "!States.Runtime",
		`States.Format('{} \{\} \'{}\'', $.a.b[0], $.s)`: `"1 {} 'it's'"`, `States.Format('{}')`: "!States.IntrinsicFailure", `States.Format('', 1)`: "!States.IntrinsicFailure",
		`States.Array(1, 'a', $.s, true, null, States.Array())`: `[1,"a","it's",true,null,[]]`, `States.ArrayRange(5, 1, -2)`: `[5,3,1]`,
		`States.ArrayRange(1, 1000, 1)[0]`: "", `States.ArrayRange(1, 1001, 1)`: "!States.IntrinsicFailure", `States.ArrayRange(1, 2, 0)`: "!States.IntrinsicFailure",
		`States.ArrayPartition($.a.b, 0)`: "!States.IntrinsicFailure", `States.ArrayPartition('x', 1)`: "!States.IntrinsicFailure", `States.ArrayGetItem($.a.b, 3)`: "!States.IntrinsicFailure",
		`States.ArrayUnique(States.Array(1, 1.0, '1', null, null))`: `[1,"1",null]`, `States.ArrayContains($.a.b, 2.0)`: `true`, `States.ArrayLength('x')`: "!States.IntrinsicFailure",
		`States.Base64Decode('?')`: "!States.IntrinsicFailure", `States.Hash('a', 'SHA-3')`: "!States.IntrinsicFailure", `States.Hash('', 'MD5')`: `"d41d8cd98f00b204e9800998ecf8427e"`,
		`States.JsonMerge($.a, $.a, true)`: "!States.IntrinsicFailure", `States.StringToJson('{')`: "!States.IntrinsicFailure", `States.StringToJson('[1, 2.50]')`: `[1,2.5]`,
		`States.JsonToString($.a.b)`: `"[1,2,{\"c\":\"x\"}]"`, `States.MathRandom(3, 4)`: `3`, `States.MathRandom(4, 4)`: "!States.IntrinsicFailure", `States.MathAdd('1', 1)`: "!States.IntrinsicFailure",
		`States.StringSplit('a.b-c', '.-')`: `["a","b","c"]`, `States.StringSplit(1, ',')`: "!States.IntrinsicFailure", `States.ArrayLength(States.UUID())`: "!States.IntrinsicFailure",
		`States.Format('{}', $.list[0])`: `"{k=p, n=1}"`, `$$.Execution.Name`: `"run"`, `$$.State.Name`: `"S"`, `$$.State.RetryCount`: `0`, `$$.Task.Token`: "!States.Runtime",
	} {
		if want == "" { // what a call gives can't be indexed
			if _, err := asl.Load([]byte(pass(expression)), nil); err == nil {
				t.Errorf("%s is not refused", expression)
			}
			continue
		}
		check(t, pass(expression), doc, want)
	}
}

func TestComparisons(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		test string
		v    string
		want bool
	}{
		{`"StringMatches":"a*c"`, `"abbc"`, true}, {`"StringMatches":"a*c"`, `"abcd"`, false}, {`"StringMatches":"*.[a-z]"`, `"x.b"`, false},
		{`"StringMatches":"a\\*"`, `"a*"`, true}, {`"StringMatches":"a\\*"`, `"ab"`, false}, {`"StringMatches":"a*"`, `"a\nb"`, true}, {`"StringMatches":"*"`, `5`, false},
		{`"StringLessThan":"b"`, `"a"`, true}, {`"StringLessThan":"2"`, `1`, false}, {`"StringGreaterThanEquals":"a"`, `"a"`, true},
		{`"NumericEquals":1`, `1.0`, true}, {`"NumericEquals":1`, `"1"`, false}, {`"NumericGreaterThan":9007199254740992`, `9007199254740993`, true}, {`"NumericLessThanEquals":1e2`, `100`, true},
		{`"TimestampEquals":"2026-01-01T00:00:00Z"`, `"2026-01-01T01:00:00+01:00"`, true}, {`"TimestampLessThan":"2026-01-01T00:00:00Z"`, `"2025-12-31T23:59:59.999Z"`, true},
		{`"TimestampEquals":"2026-01-01T00:00:00Z"`, `"2026-01-01 00:00:00Z"`, false}, {`"TimestampGreaterThanEqualsPath":"$.t"`, `"2026-01-01T00:00:00Z"`, true},
		{`"IsTimestamp":true`, `"2026-01-01T00:00:00Z"`, true}, {`"IsTimestamp":true`, `"2026-01-01"`, false}, {`"IsTimestamp":false`, `1`, true},
		{`"IsNull":true`, `null`, true}, {`"IsNumeric":true`, `1.5`, true}, {`"IsBoolean":false`, `"true"`, true}, {`"BooleanEqualsPath":"$.yes"`, `true`, true}, {`"BooleanEquals":false`, `null`, false},
	} {
		definition := `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.v",` + c.test + `,"Next":"Yes"}],"Default":"No"},
			"Yes":{"Type":"Pass","Result":true,"End":true},"No":{"Type":"Pass","Result":false,"End":true}}}`
		check(t, definition, `{"v":`+c.v+`,"yes":true,"t":"2026-01-01T00:00:00Z"}`, fmt.Sprint(c.want))
	}
}

func TestDataFlow(t *testing.T) {
	t.Parallel()
	large := `"` + strings.Repeat("x", 200<<10) + `"`
	for _, c := range []struct{ definition, input, want string }{
		{one(`{"Type":"Pass","Result":1,"ResultPath":"$.a.b","End":true}`), `{"a":{"c":2}}`, `{"a":{"b":1,"c":2}}`},
		{one(`{"Type":"Pass","Result":1,"ResultPath":"$.a.b","End":true}`), `{}`, `{"a":{"b":1}}`},
		{one(`{"Type":"Pass","Result":1,"ResultPath":"$.a[1]","End":true}`), `{"a":[0,0]}`, `{"a":[0,1]}`},
		{one(`{"Type":"Pass","Result":1,"ResultPath":"$.a","End":true}`), `"text"`, "!States.ResultPathMatchFailure"},
		{one(`{"Type":"Pass","Result":1,"ResultPath":null,"End":true}`), `[7]`, `[7]`},
		{one(`{"Type":"Pass","InputPath":null,"End":true}`), `[7]`, `{}`},
		{one(`{"Type":"Pass","OutputPath":"$.none","End":true}`), `{}`, "!States.Runtime"},
		{one(`{"Type":"Pass","Parameters":{"a.$":"$","b.$":"$"},"End":true}`), large, "!States.DataLimitExceeded"},
		{one(`{"Type":"Pass","Parameters":[{"a.$":"$.x"},"$.x"],"End":true}`), `{"x":1}`, `[{"a":1},"$.x"]`},
		{one(`{"Type":"Choice","Choices":[{"Variable":"$.none","StringEquals":"a","Next":"S"}]}`), `{}`, "!States.Runtime"},
		{one(`{"Type":"Choice","Choices":[{"Variable":"$.a","StringEquals":"a","Next":"S"}]}`), `{"a":1}`, "!States.NoChoiceMatched"},
		{one(`{"Type":"Wait","SecondsPath":"$.s","End":true}`), `{"s":"1"}`, "!States.Runtime"},
		{one(`{"Type":"Wait","Timestamp":"2100-01-01T00:00:00Z","End":true}`), `{}`, "!States.Runtime"},
		{one(`{"Type":"Fail","ErrorPath":"$.e","CausePath":"States.Format('c{}', $.n)"}`), `{"e":"E","n":1}`, "!E"},
		{one(`{"Type":"Fail","ErrorPath":"$.n"}`), `{"n":1}`, "!States.Runtime"},
		{one(`{"Type":"Map","ItemsPath":"$.n","End":true,"ItemProcessor":` + one(`{"Type":"Pass","End":true}`) + `}`), `{"n":1}`, "!States.Runtime"},
		{`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ResultSelector":{"all.$":"$[*].x","index.$":"$[1].i"},
			"ItemSelector":{"x.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index"},"ItemProcessor":` + one(`{"Type":"Pass","End":true}`) + `}}}`, `[5,6]`, `{"all":[5,6],"index":1}`},
		{`{"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"Q","Assign":{"v.$":"$[0]"},"ResultPath":null,"Branches":[` + one(`{"Type":"Pass","Result":3,"End":true}`) + `]},
			"Q":{"Type":"Pass","Parameters":{"v.$":"$v","in.$":"$"},"End":true}}}`, `{}`, `{"v":3,"in":{}}`},
		{`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Catch":[{"ErrorEquals":["States.ALL"],"Assign":{"e.$":"$.Error"},"ResultPath":"$.error","Next":"Q"}],
			"Branches":[` + one(`{"Type":"Fail","Error":"E","Cause":"C"}`) + `,` + one(`{"Type":"Wait","Seconds":9,"End":true}`) + `]},
			"Q":{"Type":"Pass","Parameters":{"e.$":"$e","in.$":"$"},"End":true}}}`, `{"a":1}`, `{"e":"E","in":{"a":1,"error":{"Error":"E","Cause":"C"}}}`},
		{`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Q"}],"Branches":[` + one(`{"Type":"Pass","InputPath":"$.none","End":true}`) + `]},
			"Q":{"Type":"Succeed"}}}`, `{}`, "!States.Runtime"},
	} {
		check(t, c.definition, c.input, c.want)
	}
}

func TestPathsAreBounded(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":[`, 1000) + "1" + strings.Repeat(`]}`, 1000)
	for _, expression := range []string{`$..*..*`, `$..*[0,0,0]..a`, `$` + strings.Repeat(`['a','a'][0,0]`, 12), `$..[?(@..a)]`} {
		check(t, pass(expression), deep, "!States.Runtime")
	}
}

// TestRetryDelays watches when the attempts of a task are made.
func TestRetryDelays(t *testing.T) {
	t.Parallel()
	m := load(t, one(`{"Type":"Task","Resource":"`+function+`","End":true,"Retry":[
		{"ErrorEquals":["A"],"IntervalSeconds":3,"BackoffRate":2,"MaxAttempts":4,"MaxDelaySeconds":10},
		{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":1}]}`))
	h, c := newHost(), newHurried()
	var at []int
	begun := c.Now()
	names := []string{"A", "A", "B", "A", "A", "B"}
	h.call = func(asl.Call) (json.RawMessage, error) {
		at = append(at, int(c.Now().Sub(begun)/time.Second))
		return nil, &asl.Failure{Name: names[len(at)-1]}
	}
	got := run(t, m, `{}`, h, c)
	if diff := cmp.Diff([]int{0, 3, 9, 10, 20, 30}, at); diff != "" {
		t.Errorf("the attempts (-want +got):\n%s", diff)
	}
	if got.Failure == nil || got.Failure.Name != "B" {
		t.Errorf("it ended with %v", got.Failure)
	}
}

// TestResumedAtEverySave stops after each save and goes on from what was saved.
func TestResumedAtEverySave(t *testing.T) {
	t.Parallel()
	m := load(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":1},"Next":"M"},
		"M":{"Type":"Map","ItemsPath":"$.items","ResultPath":"$.items","Next":"P","ItemProcessor":{"StartAt":"I","States":{
			"I":{"Type":"Pass","Parameters":{"i.$":"$","v.$":"$v","id.$":"States.Format('{}', $$.Map.Item.Index)"},"Next":"J"},"J":{"Type":"Succeed"}}}},
		"P":{"Type":"Parallel","ResultPath":"$.p","End":true,"Branches":[`+one(`{"Type":"Wait","Seconds":5,"End":true}`)+`,`+one(`{"Type":"Pass","Result":2,"End":true}`)+`]}}}`)
	const input = `{"items":[1,2,3]}`
	want := run(t, m, input, newHost(), newHurried())
	for stop := 1; ; stop++ {
		h, c := newHost(), newHurried()
		x := newExecution(m, input, h, c)
		if err := h.Save(t.Context(), x.Begin()); err != nil {
			t.Fatal(err)
		}
		h.stop = stop
		if err := x.Run(t.Context()); err == nil {
			if stop < 15 {
				t.Errorf("there were only %d saves", stop)
			}
			break
		}
		h.stop = 0
		if err := x.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want.Output), string(h.Load("").Output)); diff != "" {
			t.Errorf("stopped after %d saves:\n%s", stop, diff)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{`$.a..b[?(@.c < 1)]`, `States.Format('{}', $$.Execution.Id)`, `$[0:5:2]['a','b']`, `States.MathAdd(1e3, -0)`, `States.ArrayRange(-9223372036854775808, 9223372036854775807, 9223372036854775807)`} {
		f.Add(seed, `{"a":[{"b":{"c":0}}]}`)
	}
	f.Fuzz(func(t *testing.T, expression, input string) {
		if !json.Valid([]byte(input)) || len(input) > 1000 || strings.Contains(expression, "${") {
			return
		}
		m, err := asl.Load([]byte(pass(expression)), nil)
		if err != nil {
			return
		}
		run(t, m, input, newHost(), newHurried())
	})
}
