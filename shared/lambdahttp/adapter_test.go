package lambdahttp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	samples "github.com/slipwayhq/slipway/events"
	"github.com/slipwayhq/slipway/shared/lambdahttp"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
)

// sent is a request as a client sends it.
type sent struct {
	method, target string
	headers        map[string]string
	cookies        []string
	body           string
	base64, stage  bool
}

// answer is a response as a client sees it.
type answer struct {
	Status  int
	Headers map[string]string
	Cookies []string
	Body    string
}

// mirror answers with what it saw of the request.
func mirror(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	seen := maps.Clone(r.Header)
	for _, n := range []string{"User-Agent", "Accept-Encoding", "Content-Length", "X-Forwarded-For"} {
		delete(seen, n)
	}
	cookies := []string{}
	for _, c := range r.Cookies() {
		cookies = append(cookies, c.String())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "path": r.URL.Path, "escaped": r.URL.EscapedPath(), "query": r.URL.Query(), "rawQuery": r.URL.RawQuery,
		"uri": r.RequestURI, "host": r.Host, "headers": seen, "cookies": cookies, "length": r.ContentLength,
		"body": base64.StdEncoding.EncodeToString(body), "proto": r.Proto, "noBody": r.Body == http.NoBody,
	})
}

// overHTTP sends a request through net/http.
func overHTTP(t *testing.T, h http.HandlerFunc, s sent) answer {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), s.method, server.URL, strings.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	req.URL = must(url.Parse(server.URL + s.target))
	req.Host = "portal.example.com"
	for n, v := range s.headers {
		req.Header.Set(n, v)
	}
	if len(s.cookies) > 0 {
		req.Header.Set("Cookie", strings.Join(s.cookies, "; "))
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return normal(answer{resp.StatusCode, joined(resp.Header), resp.Header.Values("Set-Cookie"), string(body)})
}

// overLambda sends the same request as API Gateway would.
func overLambda(t *testing.T, h http.HandlerFunc, s sent) answer {
	t.Helper()
	out := invoke(t, h, eventOf(s))
	if out.IsBase64Encoded {
		out.Body = string(must(base64.StdEncoding.DecodeString(out.Body)))
	}
	return normal(answer{out.StatusCode, out.Headers, out.Cookies, out.Body})
}

type output struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

func invoke(t testing.TB, h http.HandlerFunc, payload []byte) output {
	t.Helper()
	a, err := lambdahttp.New(h)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := a.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var out output
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func eventOf(s sent) []byte {
	path, query, _ := strings.Cut(s.target, "?")
	headers := map[string]string{"host": "portal.example.com", "user-agent": "test", "x-forwarded-for": "198.51.100.23"}
	for n, v := range s.headers {
		headers[strings.ToLower(n)] = v
	}
	stage := "$default"
	if s.stage {
		stage, path = "dev", "/dev"+path
	}
	e := map[string]any{
		"version": "2.0", "rawPath": path, "rawQueryString": query, "headers": headers, "body": s.body,
		"requestContext": map[string]any{"stage": stage, "requestId": "JKJaXmPLvHcESHA=", "http": map[string]any{"method": s.method, "sourceIp": "198.51.100.23"}},
	}
	if len(s.cookies) > 0 {
		e["cookies"] = s.cookies
	}
	if s.base64 {
		e["body"], e["isBase64Encoded"] = base64.StdEncoding.EncodeToString([]byte(s.body)), true
	}
	return must(json.Marshal(e))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func joined(h http.Header) map[string]string {
	out := map[string]string{}
	for n, v := range h {
		out[n] = strings.Join(v, ",")
	}
	return out
}

// normal drops what the two ways may differ in: what net/http or API Gateway adds.
func normal(a answer) answer {
	for _, n := range []string{"Date", "Content-Length", "Set-Cookie", "Connection", "Transfer-Encoding"} {
		delete(a.Headers, n)
	}
	if len(a.Cookies) == 0 {
		a.Cookies = nil
	}
	if len(a.Headers) == 0 {
		a.Headers = nil
	}
	return a
}

func TestRequestsArriveAsOverHTTP(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]sent{
		"plain":              {method: "GET", target: "/api/catalog/entities"},
		"root":               {method: "GET", target: "/"},
		"repeated query":     {method: "GET", target: "/x?filter=kind%3Dapi&filter=a%20b+c&empty=&flag"},
		"escaped slash":      {method: "GET", target: "/by-name/component/default/a%2Fb"},
		"escaped percent":    {method: "GET", target: "/a%25b/c%20d"},
		"named stage":        {method: "GET", target: "/a%2Fb?x=1", stage: true},
		"cookies":            {method: "GET", target: "/", cookies: []string{"theme=dark", "lang=en"}},
		"date with a comma":  {method: "GET", target: "/", headers: map[string]string{"If-Modified-Since": "Fri, 20 Nov 2026 13:00:00 GMT", "Accept": "a/b, c/d"}},
		"text body":          {method: "POST", target: "/x", body: `{"name":"Zoë"}`, headers: map[string]string{"Content-Type": "application/json"}},
		"base64 text":        {method: "POST", target: "/x", body: `{"a":1}`, base64: true},
		"binary body":        {method: "PUT", target: "/x", body: "\x00\xff\x10\x80", base64: true},
		"empty body":         {method: "POST", target: "/x"},
		"delete":             {method: "DELETE", target: "/x/y"},
		"double slash":       {method: "GET", target: "//evil.example.net/x"},
		"dots":               {method: "GET", target: "/a/../b"},
		"semicolon in query": {method: "GET", target: "/?a=1;b=2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, got := overHTTP(t, mirror, s), overLambda(t, mirror, s)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("net/http (-) and Lambda (+) differ:\n%s", d)
			}
			if d := cmp.Diff(want, overStream(t, mirror, s)); d != "" {
				t.Errorf("net/http (-) and a stream (+) differ:\n%s", d)
			}
		})
	}
}

func TestAnswersLeaveAsOverHTTP(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"nothing":     func(http.ResponseWriter, *http.Request) {},
		"text":        func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello <&> Zoë") },
		"no content":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"status only": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
		"binary": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			_, _ = w.Write([]byte{0x1f, 0x8b, 0, 0xff})
		},
		"cookies and repeated headers": func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", HttpOnly: true})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2", Path: "/"})
			w.Header().Add("Vary", "Accept")
			w.Header().Add("Vary", "Origin")
			w.WriteHeader(201)
			w.Header().Set("Too", "late")
			_, _ = io.WriteString(w, `{}`)
		},
		"two statuses": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(202)
			w.WriteHeader(500)
		},
		"early hints": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(200)
		},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				s := sent{method: method, target: "/"}
				want, got := overHTTP(t, h, s), overLambda(t, h, s)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("net/http (-) and Lambda (+) differ:\n%s", d)
				}
				if d := cmp.Diff(want, overStream(t, h, s)); d != "" {
					t.Errorf("net/http (-) and a stream (+) differ:\n%s", d)
				}
			})
		}
	}
}

func TestContextAndPeer(t *testing.T) {
	t.Parallel()
	payload := must(samples.Sample("apigateway/get-entities.json"))
	out := invoke(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, correlation.From(r.Context()).RequestID, " ", r.RemoteAddr, " ", r.URL.Query()["filter"], " ", r.Host)
	}, payload)
	if want := "JKJaXmPLvHcESHA= 198.51.100.23:0 [kind=component kind=api] q7x2k9.execute-api.eu-central-1.amazonaws.com"; out.Body != want {
		t.Errorf("got %s", out.Body)
	}
}

func TestAnswersThatLambdaCannotReturn(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"raw":            strings.Repeat("x", 7<<20),
		"only in JSON":   strings.Repeat(`"`, 4<<20),
		"only in base64": strings.Repeat("\xff", 5<<20),
	} {
		out := invoke(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }, eventOf(sent{method: "GET", target: "/"}))
		if out.StatusCode != 500 || !strings.Contains(out.Body, "6291456 bytes") || out.Headers["Content-Type"] != "application/problem+json" {
			t.Errorf("%s: %d %.200s", name, out.StatusCode, out.Body)
		}
	}
}

func TestAbortedAnswersAreNotPassedOn(t *testing.T) {
	t.Parallel()
	out := invoke(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	}, eventOf(sent{method: "GET", target: "/"}))
	if out.StatusCode != 500 || strings.Contains(out.Body, "half") {
		t.Errorf("%d %s", out.StatusCode, out.Body)
	}
}

func TestAnAnswerBeforeTheTimeLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
		defer cancel()
		began := time.Now()
		raw, err := must(lambdahttp.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			fmt.Fprint(w, "so far")
		}))).Invoke(ctx, eventOf(sent{method: "GET", target: "/"}))
		if took := time.Since(began); err != nil || !strings.Contains(string(raw), "so far") || took != 28*time.Second {
			t.Errorf("%s, %v after %s", raw, err, took)
		}
	})
}

func TestPayloadsThatAreNotRequests(t *testing.T) {
	t.Parallel()
	a := must(lambdahttp.New(http.NotFoundHandler()))
	for _, payload := range []string{``, `null`, `{}`, `[]`, `{"Records":[]}`, `{"httpMethod":"GET","path":"/"}`} {
		if out, err := a.Invoke(t.Context(), []byte(payload)); err == nil {
			t.Errorf("%s: got %s", payload, out)
		}
	}
	if _, err := lambdahttp.New(nil); err == nil {
		t.Error("no handler is no error")
	}
	out := invoke(t, mirror, []byte(`{"rawPath":"/%zz","requestContext":{"http":{"method":"GET"}}}`))
	if out.StatusCode != 400 {
		t.Errorf("a malformed path: %d", out.StatusCode)
	}
	out = invoke(t, mirror, []byte(`{"rawPath":"/","isBase64Encoded":true,"body":"***","requestContext":{"http":{"method":"POST"}}}`))
	if out.StatusCode != 400 {
		t.Errorf("a malformed body: %d", out.StatusCode)
	}
}

func FuzzInvoke(f *testing.F) {
	for _, n := range must(samples.Names("apigateway")) {
		f.Add(must(samples.Sample(n)))
	}
	f.Add([]byte(`{"rawPath":"http://evil/","rawQueryString":"%","cookies":["\n"],"requestContext":{"http":{"method":"\r"}}}`))
	a := must(lambdahttp.New(http.HandlerFunc(mirror)))
	f.Fuzz(func(t *testing.T, payload []byte) {
		raw, err := a.Invoke(t.Context(), payload)
		if err != nil {
			return
		}
		var out output
		if err := json.Unmarshal(raw, &out); err != nil || out.StatusCode < 200 {
			t.Fatalf("%v: %s", err, raw)
		}
	})
}
