package searchapi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipwayhq/slipway/shared/catalog/search"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func filter(field string, values ...string) search.Filter {
	return search.Filter{Field: field, Values: values}
}

// The expectations were read off @backstage/plugin-search-backend 2.1.7, which reads query
// strings with qs and express-openapi-validator.
func TestReadSearch(t *testing.T) {
	t.Parallel()
	filters := func(f ...search.Filter) search.Query { return search.Query{Filters: f} }
	for raw, want := range map[string]search.Query{
		"":                                      {},
		"term":                                  {},
		"term=a+b%20c":                          {Term: "a b c"},
		"term=%zz":                              {Term: "%zz"},
		"foo=1&foo[a]=b&%zz=1":                  {},
		"pageLimit=1e1":                         {PageLimit: 10},
		"pageLimit=%201":                        {PageLimit: 1},
		"pageLimit=010":                         {PageLimit: 10},
		"pageLimit=0x10":                        {PageLimit: 16},
		"pageLimit=-1":                          {PageLimit: -1},
		"pageLimit=-1e300":                      {PageLimit: -10_000},
		"pageCursor=MQ%3D%3D":                   {Cursor: "MQ=="},
		"pageCursor=MQ==":                       {Cursor: "MQ=="},
		"types=software-catalog":                {},
		"types[]=software-catalog":              {},
		"types[30]=software-catalog":            {},
		"filters=":                              {},
		"filters={}":                            {Filters: []search.Filter{}},
		"filters[kind]=API":                     filters(filter("kind", "API")),
		"filters%5Bkind%5D=API":                 filters(filter("kind", "API")),
		"filters[kind]]=API":                    filters(filter("kind", "API")),
		"filters[kind]=API&filters[kind]=Group": filters(filter("kind", "API", "Group")),
		"filters[kind][]=API&filters[kind][]=Group":           filters(filter("kind", "API", "Group")),
		"filters[kind][1]=API&filters[kind][0][0]=Group":      filters(filter("kind", "API", "Group")),
		"filters[type]=service&filters[kind]=API":             filters(filter("kind", "API"), filter("type", "service")),
		`filters={"kind":["API",5,null,["x"],{"a":1}]}`:       filters(filter("kind", "API", "5", "x")),
		`filters={"kind":null,"type":{"a":"b"},"owner":true}`: filters(filter("kind"), filter("owner", "true"), filter("type")),
		"filters[kind][x]=API":                                filters(filter("kind")),
		"filters[kind][0]=API&filters[kind][x]=y":             filters(filter("kind")),
		"filters[kind][0][a]=API":                             filters(filter("kind")),
		"filters[kind][a][b][c][d][e][f]=1":                   filters(filter("kind")),
	} {
		got, err := readSearch(raw)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", raw, err, diff)
		}
	}
}

func TestReadSearchRefuses(t *testing.T) {
	t.Parallel()
	invalidType := func(at string) string {
		return "  {\n    \"code\": \"custom\",\n    \"message\": \"Invalid input\",\n    \"path\": [\n      \"types\",\n      " + at + "\n    ]\n  }"
	}
	for raw, want := range map[string]string{
		"term=a&term=b":                "request/query/term must be string",
		"term[]=a":                     "request/query/term must be string",
		"term=a&term[x]=y":             "request/query/term must be string",
		"pageLimit=abc":                "request/query/pageLimit must be integer",
		"pageLimit=":                   "request/query/pageLimit must be integer",
		"pageLimit=1.5":                "request/query/pageLimit must be integer",
		"pageLimit=1&pageLimit=2":      "request/query/pageLimit must be integer",
		"pageLimit[0]=3":               "request/query/pageLimit must be integer",
		"pageCursor[0]=MQ==":           "request/query/pageCursor must be string",
		"types=":                       "request/query/types must be array",
		"types[x]=software-catalog":    "request/query/types/0 must be string",
		"types[0][0]=software-catalog": "request/query/types/0 must be string",
		"filters=x":                    "request/query/filters must be object",
		"filters=null":                 "request/query/filters must be object",
		"filters=[1]":                  "request/query/filters must be object",
		"filters={bad":                 "request/query/filters must be object",
		"filters[]=x":                  "request/query/filters must be object",
		"filters[0]=x":                 "request/query/filters must be object",
		`filters={"kind":"API"}&filters[kind]=Group`: "request/query/filters must be object",
		"types=techdocs":                        "Invalid query string: [\n" + invalidType("0") + "\n]",
		"types=software-catalog&types=techdocs": "Invalid query string: [\n" + invalidType("1") + "\n]",
		"types[1]=x&types[0]=techdocs":          "Invalid query string: [\n" + invalidType("0") + ",\n" + invalidType("1") + "\n]",
		"pageLimit=99999999999999999999": "Invalid query string: [\n  {\n    \"code\": \"custom\",\n    \"message\": \"The page limit \\\"100000000000000000000\\\" is greater than \\\"100\\\"\"," +
			"\n    \"path\": [\n      \"pageLimit\"\n    ]\n  }\n]",
	} {
		_, err := readSearch(raw)
		if errs.KindOf(err) != errs.Invalid || errs.Message(err) != want {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
}

func TestLongestTerm(t *testing.T) {
	t.Parallel()
	for term, ok := range map[string]bool{
		strings.Repeat("a", 100): true, strings.Repeat("a", 101): false, strings.Repeat("ü", 100): true, strings.Repeat("😀", 51): false,
	} {
		if _, err := readSearch("term=" + term); (err == nil) != ok {
			t.Errorf("%d bytes: %v", len(term), err)
		}
	}
}

func FuzzReadSearch(f *testing.F) {
	for _, raw := range []string{
		"term=a&filters[kind][0]=b&types=software-catalog&pageLimit=5&pageCursor=MQ==", `filters={"a":[[[["b"]]]]}`, "filters[[[[[]]]]]=1",
		"filters[a][b][c][d][e][f]=1", "=&&=[]=]=", "%5B%5b=%", "types[99999999999999999999]=x", "pageLimit=0b1", "pageLimit=1e999", "pageLimit=-Infinity",
		strings.Repeat("filters[a]=b&", 2000), `filters=` + strings.Repeat("[", 20000),
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := readSearch(raw)
		if err != nil && errs.KindOf(err) != errs.Invalid {
			t.Fatalf("%q: %v", raw, err)
		}
		if err == nil && (q.PageLimit > search.MaxPage || len(q.Term) > 4*maxSearchTerm || len(q.Filters) > maxNestedParams && !strings.Contains(raw, "{")) {
			t.Fatalf("%q was read as %+v", raw, q)
		}
	})
}
