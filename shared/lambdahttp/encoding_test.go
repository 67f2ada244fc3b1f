package lambdahttp_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/lambdahttp"
)

func inflated(t testing.TB, body string) string {
	t.Helper()
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

func typed(media, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		_, _ = io.WriteString(w, body)
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	page := strings.Repeat(`{"kind":"Component","name":"Zoë"},`, 100)
	const media = "application/json; charset=utf-8"
	for name, c := range map[string]struct {
		accept     string
		h          http.HandlerFunc
		method     string
		compressed bool
		vary       string
	}{
		"json":              {accept: "gzip, deflate, br", h: typed(media, page), compressed: true, vary: "Accept-Encoding"},
		"anything":          {accept: "*", h: typed(media, page), compressed: true, vary: "Accept-Encoding"},
		"weighted":          {accept: "br;q=1.0, GZIP; q=0.8", h: typed(media, page), compressed: true, vary: "Accept-Encoding"},
		"problem":           {accept: "gzip", h: typed("application/problem+json", page), compressed: true, vary: "Accept-Encoding"},
		"sniffed text":      {accept: "gzip", h: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) }, compressed: true, vary: "Accept-Encoding"},
		"posted":            {accept: "gzip", h: typed(media, page), method: "POST", compressed: true, vary: "Accept-Encoding"},
		"another Vary":      {accept: "gzip", h: typed(media, page, "Vary", "Origin"), compressed: true, vary: "Origin, Accept-Encoding"},
		"the same Vary":     {accept: "gzip", h: typed(media, page, "Vary", "origin, accept-encoding"), compressed: true, vary: "origin, accept-encoding"},
		"weak ETag":         {accept: "gzip", h: typed(media, page, "ETag", `W/"1"`), compressed: true, vary: "Accept-Encoding"},
		"told length":       {accept: "gzip", h: typed(media, page, "Content-Length", strconv.Itoa(len(page))), compressed: true, vary: "Accept-Encoding"},
		"just large enough": {accept: "gzip", h: typed(media, strings.Repeat("x", 1024)), compressed: true, vary: "Accept-Encoding"},
		"too small":         {accept: "gzip", h: typed(media, strings.Repeat("x", 1023))},
		"not accepted":      {h: typed(media, page), vary: "Accept-Encoding"},
		"refused":           {accept: "gzip;q=0, *", h: typed(media, page), vary: "Accept-Encoding"},
		"refused at length": {accept: "gzip ; q = 0.000", h: typed(media, page), vary: "Accept-Encoding"},
		"malformed weight":  {accept: "gzip;x", h: typed(media, page), vary: "Accept-Encoding"},
		"similar name":      {accept: "gzipped, deflate", h: typed(media, page), vary: "Accept-Encoding"},
		"binary":            {accept: "gzip", h: typed("image/png", page)},
		"event stream":      {accept: "gzip", h: typed("text/event-stream", page)},
		"encoded already":   {accept: "gzip", h: typed(media, page, "Content-Encoding", "zstd")},
		"strong ETag":       {accept: "gzip", h: typed(media, page, "ETag", `"1"`)},
		"not to be changed": {accept: "gzip", h: typed(media, page, "Cache-Control", "no-transform")},
		"part of it":        {accept: "gzip", h: typed(media, page, "Content-Range", "bytes 0-9/100")},
		"head":              {accept: "gzip", h: typed(media, page), method: "HEAD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sent{method: c.method, target: "/", headers: map[string]string{}}
			if s.method == "" {
				s.method = "GET"
			}
			if c.accept != "" {
				s.headers["Accept-Encoding"] = c.accept
			}
			plain, out := overHTTP(t, c.h, sent{method: s.method, target: "/"}), invoke(t, c.h, eventOf(s))
			if got := out.Headers["Content-Encoding"] == "gzip"; got != c.compressed || out.IsBase64Encoded != c.compressed {
				t.Fatalf("compressed is %v: %v", got, out.Headers)
			}
			if out.Headers["Vary"] != c.vary {
				t.Errorf("Vary is %q", out.Headers["Vary"])
			}
			if c.compressed {
				out.Body = inflated(t, out.Body)
			}
			if _, told := out.Headers["Content-Length"]; told && c.compressed {
				t.Error("tells a length that it does not have")
			}
			if d := cmp.Diff(plain.Body, out.Body); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNotModifiedHasNoBody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{204, 304} {
		out := invoke(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `W/"1"`)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, strings.Repeat("x", 4096))
		}, eventOf(sent{method: "GET", target: "/", headers: map[string]string{"Accept-Encoding": "gzip"}}))
		if d := cmp.Diff(output{StatusCode: status, Headers: map[string]string{"Etag": `W/"1"`}}, out); d != "" {
			t.Error(d)
		}
	}
}

// TestTextsOfOtherSorts: what the usual compressor does not suit is no larger for that.
func TestTextsOfOtherSorts(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	letters := make([]rune, 20<<10)
	for i := range letters {
		letters[i] = 'а' + chance.Int32N(32)
	}
	var names strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&names, `{"metadata":{"name":"%s-adapter-%d"}},`, []string{"account", "balance", "booking", "campaign"}[i%4], 3*i)
	}
	for text, most := range map[string]int{string(letters): 60, strings.Repeat("plain ", 2000) + string(letters): 60, names.String(): 12} {
		out := invoke(t, typed("text/plain; charset=utf-8", text), eventOf(sent{method: "GET", target: "/", headers: map[string]string{"Accept-Encoding": "gzip"}}))
		if inflated(t, out.Body) != text {
			t.Error("is not what was written")
		}
		if size := base64.StdEncoding.DecodedLen(len(out.Body)); size > len(text)*most/100 {
			t.Errorf("%d bytes of %d", size, len(text))
		}
	}
}

// TestCompressedAnswersMayBeLonger: what counts is what Lambda returns.
func TestCompressedAnswersMayBeLonger(t *testing.T) {
	t.Parallel()
	compress := eventOf(sent{method: "GET", target: "/", headers: map[string]string{"Accept-Encoding": "gzip"}})
	part := strings.Repeat(`{"kind":"Component"},`, 1<<15)
	out := invoke(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 40 {
			_, _ = io.WriteString(w, part)
		}
	}, compress)
	if out.StatusCode != 200 || len(inflated(t, out.Body)) != 40*len(part) {
		t.Error(out.StatusCode, out.Headers)
	}
	random := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		state := uint64(1)
		for range 1 << 20 {
			state = state*6364136223846793005 + 1442695040888963407
			if _, err := fmt.Fprintf(w, "%x", state); err != nil {
				return
			}
		}
	}
	if out = invoke(t, random, compress); out.StatusCode != 500 || !strings.Contains(out.Body, "6291456 bytes") {
		t.Error(out.StatusCode, out.Headers)
	}
}

// TestAnswersOfOneAdapterDoNotMix: buffers are used again.
func TestAnswersOfOneAdapterDoNotMix(t *testing.T) {
	t.Parallel()
	a := must(lambdahttp.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(r.URL.Path, "/")
		http.SetCookie(w, &http.Cookie{Name: "name", Value: name})
		w.Header().Set("X-"+name, name)
		_, _ = io.WriteString(w, strings.Repeat(name+" ", 4*len(name)*len(name)*len(name)))
	})))
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			name := strings.Repeat(string(rune('a'+i%26)), 1+i%9) // from a few bytes to ten thousands
			s := sent{method: "GET", target: "/" + name, headers: map[string]string{"Accept-Encoding": []string{"gzip", "br"}[i%2]}}
			raw, err := a.Invoke(t.Context(), eventOf(s))
			if err != nil {
				t.Error(err)
				return
			}
			var out output
			if err := json.Unmarshal(raw, &out); err != nil {
				t.Error(err)
				return
			}
			if out.IsBase64Encoded {
				out.Body = inflated(t, out.Body)
			}
			whole := strings.Repeat(name+" ", 4*len(name)*len(name)*len(name))
			if out.Body != whole || !cmp.Equal(out.Cookies, []string{"name=" + name}) || out.Headers[http.CanonicalHeaderKey("X-"+name)] != name {
				t.Errorf("%s: %v %.80s", name, out.Headers, out.Body)
			}
		})
	}
	wg.Wait()
}

func TestTextIsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		body := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\x00-\x7f]{0,40}`)).Draw(rt, "body")
		value := rapid.StringMatching(`[ -~äß]{0,20}`).Draw(rt, "value")
		out := invoke(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["X-Value"] = []string{value}
			w.Header()["Content-Type"] = []string{"text/plain"}
			_, _ = io.WriteString(w, body)
		}, eventOf(sent{method: "GET", target: "/"}))
		if out.IsBase64Encoded {
			out.Body = string(must(base64.StdEncoding.DecodeString(out.Body)))
		}
		if out.Body != body || out.Headers["X-Value"] != value {
			rt.Fatalf("%q, %q", out.Body, out.Headers)
		}
	})
}

func TestTooLargeIsToldToTheHandler(t *testing.T) {
	t.Parallel()
	var failed error
	invoke(t, func(w http.ResponseWriter, _ *http.Request) {
		for failed == nil {
			_, failed = w.Write(bytes.Repeat([]byte("x"), 1<<20))
		}
		if _, again := w.Write([]byte("x")); !errors.Is(again, failed) {
			t.Error("and again", again)
		}
	}, eventOf(sent{method: "GET", target: "/"}))
}

// BenchmarkInvoke is the adapter alone: a request as API Gateway sends it, a page of 20
// entities of 2 KB each.
func BenchmarkInvoke(b *testing.B) {
	headers := map[string]string{
		"Authorization": "Bearer " + strings.Repeat("eyJhbGciOiJSUzI1NiIsImtpZCI6", 30), "Accept": "application/json",
		"Accept-Encoding": "gzip, deflate, br", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "X-Forwarded-Proto": "https",
		"X-Amzn-Trace-Id": "Root=1-6920a1f3-4b8e0c1d2f3a4b5c6d7e8f90", "If-None-Match": `W/"9-abc"`,
	}
	payload := eventOf(sent{method: "GET", target: "/api/catalog/entities/by-query?filter=kind%3Dcomponent&limit=20", headers: headers})
	delete(headers, "Accept-Encoding")
	plain := eventOf(sent{method: "GET", target: "/api/catalog/entities/by-query?filter=kind%3Dcomponent&limit=20", headers: headers})
	var page bytes.Buffer
	for i := range 20 {
		fmt.Fprintf(&page, `{"kind":"Component","metadata":{"name":"orders-%d","etag":"%x","description":"%s"}},`, i, i*7919, strings.Repeat("what it is for, ", 115))
	}
	for name, c := range map[string]struct{ event, body []byte }{
		"empty": {payload, nil}, "2 KB": {payload, page.Bytes()[:2000]}, "40 KB": {payload, page.Bytes()}, "40 KB plain": {plain, page.Bytes()},
	} {
		b.Run(name, func(b *testing.B) {
			a := must(lambdahttp.New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write(c.body)
			})))
			b.ReportMetric(float64(len(c.event)), "event-B")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Invoke(b.Context(), c.event); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
