package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

type embedded struct {
	Reason string `json:"reason"`
}

type order struct {
	embedded
	Name   string            `json:"name"`
	Count  int               `json:"count"`
	Small  int8              `json:"small"`
	Ratio  float64           `json:"ratio"`
	Wait   *bool             `json:"wait"`
	Tags   []string          `json:"tags"`
	Lines  []line            `json:"lines"`
	Labels map[string]string `json:"labels"`
	Values map[string]any    `json:"values"`
	Raw    json.RawMessage   `json:"raw"`
	When   time.Time         `json:"when"`
	Hidden string            `json:"-"`
}

type line struct {
	SKU string `json:"sku"`
}

func decode(body string, headers ...string) (order, error) {
	r := httptest.NewRequestWithContext(context.Background(), "POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 4096)
	var o order
	err := httpapi.DecodeJSON(r, &o)
	return o, err
}

func TestDecodeTakesWhatFits(t *testing.T) {
	t.Parallel()
	got, err := decode(`{"name":"orders","reason":"because","count":3,"ratio":2,"wait":true,"tags":["a"],"lines":[{"sku":"x"}],
		"labels":{"team":"a"},"values":{"any":[1,{"x":null}]},"raw":{"free":1},"when":"2026-11-22T09:00:00Z"}`,
		"Content-Type", "application/json; charset=UTF-8")
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "orders" || got.Reason != "because" || got.Count != 3 || got.Ratio != 2 || !*got.Wait || got.Lines[0].SKU != "x" || got.Labels["team"] != "a" {
		t.Errorf("%+v", got)
	}
}

func TestDecodeNamesEveryFieldAtFault(t *testing.T) {
	t.Parallel()
	_, err := decode(`{"name":1,"NAME":"x","count":1.5,"small":"1","ratio":"x","wait":0,"tags":"a","lines":[{"sku":2,"no":1},3],"labels":{"a/b":1},"Hidden":"x","name":"y","when":5}`)
	want := []errs.Field{
		{Pointer: "/Hidden", Message: "is not known here"},
		{Pointer: "/NAME", Message: "is not known here"},
		{Pointer: "/count", Message: "must be an integer"},
		{Pointer: "/labels/a~1b", Message: "must be a string"},
		{Pointer: "/lines/0/no", Message: "is not known here"},
		{Pointer: "/lines/0/sku", Message: "must be a string"},
		{Pointer: "/lines/1", Message: "must be an object"},
		{Pointer: "/ratio", Message: "must be a number"},
		{Pointer: "/small", Message: "must be an integer"},
		{Pointer: "/tags", Message: "must be an array"},
		{Pointer: "/wait", Message: "must be a boolean"},
		{Pointer: "/when", Message: "is not acceptable"},
		{Pointer: "/name", Message: "is given more than once"},
	}
	// time.Time decodes itself: it is only asked once the rest fits.
	want = append(want[:11], want[12:]...)
	if !errors.Is(err, errs.Invalid) {
		t.Fatalf("got %v", err)
	}
	if d := cmp.Diff(want, errs.Fields(err)); d != "" {
		t.Error(d)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body    string
		headers []string
		want    errs.Kind
	}{
		"nothing":          {"  ", nil, errs.Invalid},
		"two values":       {`{} {}`, nil, errs.Invalid},
		"null":             {`null`, nil, errs.Invalid},
		"cut":              {`{"name":`, nil, errs.Invalid},
		"array":            {`[]`, nil, errs.Invalid},
		"string":           {`"x"`, nil, errs.Invalid},
		"bad UTF-8":        {"{\"name\":\"\xff\"}", nil, errs.Invalid},
		"deep":             {strings.Repeat(`{"values":`, 40) + "1" + strings.Repeat("}", 40), nil, errs.Invalid},
		"out of range":     {`{"small":300}`, nil, errs.Invalid},
		"bad time":         {`{"when":"yesterday"}`, nil, errs.Invalid},
		"too large":        {`{"name":"` + strings.Repeat("x", 5000) + `"}`, nil, errs.TooLarge},
		"form":             {`{}`, []string{"Content-Type", "text/plain"}, errs.Invalid},
		"no type":          {`{}`, []string{"Content-Type", ""}, errs.Invalid},
		"latin-1":          {`{}`, []string{"Content-Type", "application/json; charset=iso-8859-1"}, errs.Invalid},
		"compressed":       {`{}`, []string{"Content-Encoding", "gzip"}, errs.Invalid},
		"number in a name": {`{name:1}`, nil, errs.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := decode(c.body, c.headers...); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestBodyCapAppliesBeforeReading(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	called := false
	r.Handle("POST /api/operations", func(http.ResponseWriter, *http.Request) error { called = true; return nil }, httpapi.MaxBody(10))
	if w := r.do("POST", "/api/operations", strings.Repeat("x", 11)); w.Code != 413 || called {
		t.Errorf("%d called=%v", w.Code, called)
	}
}

func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{`{"name":"x","lines":[{"sku":"y"}]}`, `{"values":{"a":[1]}}`, `{"name":1,"name":2}`, `null`, `[`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := decode(body)
		if err != nil {
			if k := errs.KindOf(err); k != errs.Invalid && k != errs.TooLarge {
				t.Fatalf("kind %s: %v", k, err)
			}
			return
		}
		if got.Hidden != "" {
			t.Fatal("a hidden field was set")
		}
	})
}
