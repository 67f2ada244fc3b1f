package params_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/params"
)

func request(query, contentType, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("Content-Type", contentType)
	return r
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json; charset=utf-8"
)

func TestRead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query, contentType, body string
		want                           params.Map
	}{
		{"query", "a=1&b[c]=2&d[]=x&d[]=y", "", "", params.Map{"a": "1", "b": params.Map{"c": "2"}, "d": []any{"x", "y"}}},
		{"form over query", "a=1", formType, "a=2", params.Map{"a": "2"}},
		{"json keeps types", "", jsonType, `{"n":1,"b":true,"z":null,"l":[{"k":"v"}]}`,
			params.Map{"n": json.Number("1"), "b": true, "z": nil, "l": []any{params.Map{"k": "v"}}}},
		{"hashes in a list", "", formType, "a[][p]=1&a[][q]=2&a[][p]=3",
			params.Map{"a": []any{params.Map{"p": "1"}, params.Map{"p": "3", "q": "2"}}}},
		{"deep", "filter[environment_scope]=prod", "", "", params.Map{"filter": params.Map{"environment_scope": "prod"}}},
		{"empty body", "", jsonType, "  ", params.Map{}},
		{"multipart", "", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"v[A]\"\r\n\r\n1\r\n--b--\r\n", params.Map{"v": params.Map{"A": "1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := params.Read(request(tt.query, tt.contentType, tt.body), 1<<10)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*http.Request{
		"both hash and text": request("a=1&a[b]=2", "", ""),
		"both list and hash": request("a[b]=1&a[]=2", "", ""),
		"too deep":           request("a"+strings.Repeat("[x]", 40)+"=1", "", ""),
		"broken JSON":        request("", jsonType, "{"),
		"JSON list":          request("", jsonType, "[]"),
		"unknown type":       request("", "application/xml", "<a/>"),
		"no boundary":        request("", "multipart/form-data", "x"),
		"broken query":       request("a=%zz", "", ""),
	} {
		if m, err := params.Read(r, 1<<10); err == nil {
			t.Errorf("%s was read as %v", name, m)
		}
	}
	_, err := params.Read(request("", jsonType, `{"a":"`+strings.Repeat("x", 2000)+`"}`), 1<<10)
	if !errors.Is(err, params.ErrTooLarge) {
		t.Errorf("a large body gave %v", err)
	}
}

func TestAccessors(t *testing.T) {
	t.Parallel()
	m, err := params.Read(request("yes=True&no=0&odd=maybe&n=7&list=a,%20b&arr[]=x&h[0][k]=v&h[1][k]=w", "", ""), 0)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{
		m.Bool("yes", false), m.Bool("no", true), m.Bool("odd", true), m.Bool("none", true), m.Int("n", 0), m.Int("odd", 3),
		m.Strings("list"), m.Strings("arr"), m.List("h")[1].String("k"), m.String("arr"), m.Hash("n") == nil,
	}
	want := []any{true, false, true, true, int64(7), int64(3), []string{"a", "b"}, []string{"x"}, "w", "", true}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a=1&b[c]=2", formType, "d[]=x&d[][y]=1")
	f.Add("", jsonType, `{"a":[{"b":[1,null,"x"]}]}`)
	f.Add("a[", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"[]\"\r\n\r\n1\r\n--b--\r\n")
	f.Fuzz(func(t *testing.T, query, contentType, body string) {
		m, err := params.Read(request(query, contentType, body), 1<<16)
		if err != nil {
			return
		}
		for name := range m {
			m.Bool(name, false)
			m.Int(name, 0)
			m.Strings(name)
			for _, h := range m.List(name) {
				h.String("a")
			}
			m.Hash(name).String("a")
		}
	})
}
