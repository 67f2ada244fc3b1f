package request_test

import (
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/httpapi/request"
)

func TestParametersAreReadAsJavaScriptDoes(t *testing.T) {
	t.Parallel()
	got := request.ParseParams("a=1;b=2&c=%zz+x&&a=%C3%A4&d")
	want := request.Params{{Name: "a", Value: "1;b=2"}, {Name: "c", Value: "%zz x"}, {Name: "a", Value: "ä"}, {Name: "d"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What is written is read again as it was.
func TestParametersSurviveTheirURL(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var p request.Params
		for range rapid.IntRange(0, 5).Draw(t, "parameters") {
			p = append(p, request.Param{Name: rapid.StringN(1, 8, -1).Draw(t, "name"), Value: rapid.String().Draw(t, "value")})
		}
		if diff := cmp.Diff(p, request.ParseParams(p.Encode())); diff != "" {
			t.Fatalf("%s: %s", p.Encode(), diff)
		}
	})
}

func TestOddParametersAreRefused(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"limit=1":          "",
		"limit=1e1":        "",
		"limit=1.5":        "request/query/limit must be integer",
		"limit=1&limit=2":  "request/query/limit must be integer",
		"limit=-1":         "request/query/limit must be >= 0",
		"limit=":           "Empty value found for query parameter 'limit'",
		"limits=1":         "Unknown query parameter 'limits'",
		"limit=1e999":      "",
		"limit=0x10":       "request/query/limit must be integer",
		"limit=%20%32%20&": "",
	} {
		r := httptest.NewRequest("GET", "/?"+query, nil)
		p, err := request.ReadParams(r, "limit")
		if err == nil {
			_, err = p.Number("limit", 0)
		}
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}
