package strictjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

func TestScanReportsWhatEncodingJSONAccepts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want strictjson.Report
	}{
		"scalar":            {" 12 ", strictjson.Report{}},
		"empty containers":  {`{"a":{},"b":[ ]}`, strictjson.Report{}},
		"same name deeper":  {`{"a":{"a":1},"b":[{"a":1},{"a":2}]}`, strictjson.Report{}},
		"twice":             {`{"a":1,"b":2,"a":3}`, strictjson.Report{Duplicates: []string{"/a"}}},
		"twice in an array": {`[0,{"x":[{"y/z":1, "y/z" : 2}]}]`, strictjson.Report{Duplicates: []string{"/1/x/0/y~1z"}}},
		"hidden by escapes": {`{"exp":1,"\u0065xp":2}`, strictjson.Report{Duplicates: []string{"/exp"}, Escaped: true}},
		"escape in a value": {`{"a":"\u0065\"}"}`, strictjson.Report{}},
		"other case":        {`{"exp":1,"EXP":2}`, strictjson.Report{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := strictjson.Scan([]byte(c.in), 8)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"nothing":         {"", strictjson.ErrSyntax},
		"trailing value":  {`{} {}`, strictjson.ErrSyntax},
		"unclosed":        {`{"a":`, strictjson.ErrSyntax},
		"bad UTF-8":       {"\"\xff\"", strictjson.ErrUTF8},
		"deep":            {strings.Repeat("[", 9) + strings.Repeat("]", 9), strictjson.ErrDepth},
		"deep and broken": {strings.Repeat("[", 100000), strictjson.ErrDepth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := strictjson.Scan([]byte(c.in), 8); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestBracketsInStringsAreNotDepth(t *testing.T) {
	t.Parallel()
	if _, err := strictjson.Scan([]byte(`["[[[[\"[[[[[[","{{{{{{{{{"]`), 1); err != nil {
		t.Error(err)
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":null}],"a":"\u0041"}`, `[`, `"\\"`, ` -1e9 `, `{"":{"":""}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := strictjson.Scan(data, 32)
		if err != nil {
			return
		}
		var top map[string]json.RawMessage
		if json.Unmarshal(data, &top) != nil || len(report.Duplicates) > 0 {
			return
		}
		back, err := json.Marshal(top)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := strictjson.Scan(back, 32); err != nil || len(again.Duplicates) > 0 {
			t.Fatalf("a document without duplicates got some: %v %v", again, err)
		}
	})
}
