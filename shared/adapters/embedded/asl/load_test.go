package asl_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const function = "arn:aws:lambda:eu-central-1:111111111111:function:f"

// one makes a machine of a single state "S".
func one(state string) string { return `{"StartAt":"S","States":{"S":` + state + `}}` }

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for definition, want := range map[string]string{ // -> where it is wrong
		one(`{"Type":"Pass"}`):                                                                                                                              "/States/S",
		one(`{"Type":"Pass","End":true,"Next":"S"}`):                                                                                                        "/States/S",
		one(`{"Type":"Pass","End":false}`):                                                                                                                  "/States/S",
		one(`{"Type":"Pass","Next":"T"}`):                                                                                                                   "/States/S",
		one(`{"Type":"Pass","End":true,"Surprise":1}`):                                                                                                      "/States/S/Surprise",
		one(`{"Type":"Pass","End":true,"TimeoutSeconds":1}`):                                                                                                "/States/S/TimeoutSeconds",
		one(`{"Type":"Activity","End":true}`):                                                                                                               "/States/S/Type",
		one(`{"Type":"Pass","End":true,"QueryLanguage":"JSONata"}`):                                                                                         "/States/S/QueryLanguage",
		one(`{"Type":"Pass","End":true,"InputPath":"a"}`):                                                                                                   "/States/S/InputPath",
		one(`{"Type":"Pass","End":true,"InputPath":"$.a["}`):                                                                                                "/States/S/InputPath",
		one(`{"Type":"Pass","End":true,"InputPath":"$.a.length()"}`):                                                                                        "/States/S/InputPath",
		one(`{"Type":"Pass","End":true,"ResultPath":"$.a[*]"}`):                                                                                             "/States/S/ResultPath",
		one(`{"Type":"Pass","End":true,"ResultPath":"$v.a"}`):                                                                                               "/States/S/ResultPath",
		one(`{"Type":"Pass","End":true,"ResultPath":7}`):                                                                                                    "/States/S/ResultPath",
		one(`{"Type":"Pass","End":true,"Parameters":{"a.$":"b"}}`):                                                                                          "/States/S/Parameters/a.$",
		one(`{"Type":"Pass","End":true,"Parameters":{"a.$":"States.Nothing()"}}`):                                                                           "/States/S/Parameters/a.$",
		one(`{"Type":"Pass","End":true,"Parameters":{"a.$":"States.UUID('x')"}}`):                                                                           "/States/S/Parameters/a.$",
		one(`{"Type":"Pass","End":true,"Parameters":{"a.$":"States.Format('{}"}}`):                                                                          "/States/S/Parameters/a.$",
		one(`{"Type":"Pass","End":true,"Parameters":{"a.$":1}}`):                                                                                            "/States/S/Parameters/a.$",
		one(`{"Type":"Pass","End":true,"Parameters":{"a":1,"a.$":"$"}}`):                                                                                    "/States/S/Parameters",
		one(`{"Type":"Pass","End":true,"Assign":{"1x":1}}`):                                                                                                 "/States/S/Assign",
		one(`{"Type":"Wait","End":true}`):                                                                                                                   "/States/S",
		one(`{"Type":"Wait","End":true,"Seconds":1,"SecondsPath":"$.s"}`):                                                                                   "/States/S",
		one(`{"Type":"Wait","End":true,"Timestamp":"tomorrow"}`):                                                                                            "/States/S/Timestamp",
		one(`{"Type":"Choice","Choices":[]}`):                                                                                                               "/States/S/Choices",
		one(`{"Type":"Choice","Choices":[{"Variable":"$.a","Next":"S"}]}`):                                                                                  "/States/S/Choices/0",
		one(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true}]}`):                                                                               "/States/S/Choices/0/Next",
		one(`{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":"1","Next":"S"}]}`):                                                              "/States/S/Choices/0/NumericEquals",
		one(`{"Type":"Choice","Choices":[{"Variable":"$.a","StringIsNice":"1","Next":"S"}]}`):                                                               "/States/S/Choices/0",
		one(`{"Type":"Choice","Choices":[{"Not":{"IsNull":true},"Next":"S"}]}`):                                                                             "/States/S/Choices/0/Not/Variable",
		one(`{"Type":"Choice","Default":"T","Choices":[{"Variable":"$","IsNull":true,"Next":"S"}]}`):                                                        "/States/S",
		one(`{"Type":"Task","End":true,"Resource":"arn:aws:states:eu-central-1:1:activity:a"}`):                                                             "/States/S/Resource",
		one(`{"Type":"Task","End":true,"Resource":"arn:aws:states:::events:putEvents"}`):                                                                    "/States/S/Resource",
		one(`{"Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke"}`):                                                                       "/States/S/Parameters",
		one(`{"Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","InvocationType":"Event"}}`):            "/States/S/Parameters/InvocationType",
		one(`{"Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"f","Payload":{}}}`):       "/States/S/Parameters/Payload",
		one(`{"Type":"Task","End":true,"Resource":"` + function + `","TimeoutSeconds":5,"HeartbeatSeconds":5}`):                                             "/States/S/HeartbeatSeconds",
		one(`{"Type":"Task","End":true,"Resource":"` + function + `","TimeoutSeconds":0}`):                                                                  "/States/S/TimeoutSeconds",
		one(`{"Type":"Task","End":true,"Resource":"` + function + `","Retry":[{"ErrorEquals":[]}]}`):                                                        "/States/S/Retry/0/ErrorEquals",
		one(`{"Type":"Task","End":true,"Resource":"` + function + `","Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["A"]}]}`):                      "/States/S/Retry/0/ErrorEquals",
		one(`{"Type":"Task","End":true,"Resource":"` + function + `","Retry":[{"ErrorEquals":["A"],"MaxAttempts":-1}]}`):                                    "/States/S/Retry/0/MaxAttempts",
		one(`{"Type":"Task","End":true,"Resource":"` + function + `","Retry":[{"ErrorEquals":["A"],"BackoffRate":0.5}]}`):                                   "/States/S/Retry/0/BackoffRate",
		one(`{"Type":"Task","End":true,"Resource":"` + function + `","Catch":[{"ErrorEquals":["A"]}]}`):                                                     "/States/S/Catch/0/Next",
		one(`{"Type":"Task","End":true,"Resource":"` + function + `","Catch":[{"ErrorEquals":["A"],"Next":"T"}]}`):                                          "/States/S",
		one(`{"Type":"Parallel","End":true,"Branches":[]}`):                                                                                                 "/States/S/Branches",
		one(`{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"S"}}}]}`):                                        "/States/S/Branches/0/States/A",
		one(`{"Type":"Map","End":true}`):                                                                                                                    "/States/S/ItemProcessor",
		one(`{"Type":"Map","End":true,"ItemReader":{},"ItemProcessor":` + one(`{"Type":"Pass","End":true}`) + `}`):                                          "/States/S/ItemReader",
		one(`{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}}`): "/States/S/ItemProcessor/ProcessorConfig/Mode",
		one(`{"Type":"Map","End":true,"Assign":{"v":1},"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":2},"End":true}}}}`):        "/States/S/States/A",
		one(`{"Type":"Fail","Error":"E","ErrorPath":"$.e"}`):                                                                                                "/States/S/Error",
		one(`{"Type":"Succeed","End":true}`):                                                                                                                "/States/S/End",
		`{"StartAt":"S","States":{"S":{"Type":"Succeed"},"T":{"Type":"Succeed"}}}`:                                                                          "/States/T",
		`{"StartAt":"T","States":{"S":{"Type":"Succeed"}}}`:                                                                                                 "/StartAt",
		`{"StartAt":"S","QueryLanguage":"JSONata","States":{"S":{"Type":"Succeed"}}}`:                                                                       "/QueryLanguage",
		`{"StartAt":"S","Version":"2.0","States":{"S":{"Type":"Succeed"}}}`:                                                                                 "/Version",
		`{"StartAt":"S","States":{"S":{"Type":"Succeed","Comment":"${Missing}"}}}`:                                                                          "/States/S/Comment",
		`{"StartAt":"S","States":{"` + strings.Repeat("n", 81) + `":{"Type":"Succeed"}}}`:                                                                   "/States/" + strings.Repeat("n", 81),
		`[]`: "",
	} {
		_, err := asl.Load([]byte(definition), nil)
		var at []string
		for _, f := range errs.Fields(err) {
			at = append(at, f.Pointer)
		}
		if errs.KindOf(err) != errs.Invalid || !contains(at, want) {
			t.Errorf("%s\nis refused at %q with %v, not at %q", definition, at, err, want)
		}
	}
}

func contains(list []string, want string) bool {
	for _, s := range list {
		if s == want {
			return true
		}
	}
	return false
}

func TestLoadNamesThePositionOfSyntaxErrors(t *testing.T) {
	t.Parallel()
	for definition, want := range map[string]string{
		"{\n  \"StartAt\": ,\n}":            "line 2",
		"{}\n{}":                            "line 2",
		`{"StartAt":"S","StartAt":"S"}`:     "/StartAt is there twice",
		"":                                  "line 1",
		strings.Repeat(`{"a":`, 5000) + "1": "levels of nesting",
		"{\"StartAt\":\"S\",\n\n\"States\":{\"S\":tru}}": "line 3",
	} {
		_, err := asl.Load([]byte(definition), nil)
		if errs.KindOf(err) != errs.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q gives %v, without %q", definition, err, want)
		}
	}
}

func TestLoadGivesAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := asl.Load([]byte(`{"StartAt":"X","States":{"A":{"Type":"Nope"},"B":{"Type":"Wait"}},"More":1}`), nil)
	if n := len(errs.Fields(err)); n < 5 {
		t.Fatalf("only %d problems: %v", n, err)
	}
}

func TestSubstitutions(t *testing.T) {
	t.Parallel()
	m, err := asl.Load([]byte(one(`{"Type":"Task","Resource":"${F}","End":true}`)), map[string]string{"F": function})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{function}, m.Resources()); diff != "" {
		t.Fatal(diff)
	}
	if _, err := asl.Load(m.Source(), nil); err != nil {
		t.Fatalf("the definition with its substitutions made: %v", err)
	}
}

// TestOwnMachinesLoad holds the machines that Slipway deploys to what runs locally.
func TestOwnMachinesLoad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../../statemachines/*.asl.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no machines: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]string{}
		_, err = asl.Load(raw, values)
		for _, f := range errs.Fields(err) { // fill in whatever it wants
			if _, rest, ok := strings.Cut(f.Message, "${"); ok {
				values[strings.TrimSuffix(rest, "}")] = function
			}
		}
		if _, err := asl.Load(raw, values); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(one(`{"Type":"Pass","End":true,"Parameters":{"a.$":"States.Format('{}', $.a[?(@.b == 'c')])"}}`))
	f.Add(one(`{"Type":"Choice","Choices":[{"And":[{"Variable":"$$.a","StringMatches":"a*\\*"}],"Next":"S"}]}`))
	f.Add(one(`{"Type":"Map","ItemsPath":"$v.x[0]","End":true,"Iterator":` + one(`{"Type":"Wait","SecondsPath":"$.s","End":true}`) + `}`))
	f.Fuzz(func(t *testing.T, definition string) {
		m, err := asl.Load([]byte(definition), nil)
		if err != nil {
			if errs.KindOf(err) != errs.Invalid {
				t.Fatalf("%q gives %v", definition, err)
			}
			return
		}
		if _, err := asl.Load(m.Source(), nil); err != nil {
			t.Fatalf("%q loads, but not a second time: %v", definition, err)
		}
	})
}
