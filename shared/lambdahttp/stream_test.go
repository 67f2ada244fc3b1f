package lambdahttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	samples "github.com/slipwayhq/slipway/events"
	"github.com/slipwayhq/slipway/shared/lambdahttp"
)

func newStream(t testing.TB, h http.HandlerFunc) *lambdahttp.Stream {
	t.Helper()
	return must(lambdahttp.NewStream(lambdahttp.StreamConfig{Handler: h, Margin: time.Second}))
}

func begin(t testing.TB, ctx context.Context, h http.HandlerFunc, payload []byte) *events.LambdaFunctionURLStreamingResponse {
	t.Helper()
	return must(newStream(t, h).Invoke(ctx, payload))
}

// overStream sends a request as a function URL would and reads the whole answer.
func overStream(t *testing.T, h http.HandlerFunc, s sent) answer {
	t.Helper()
	out := begin(t, t.Context(), h, eventOf(s))
	defer out.Close()
	body := must(io.ReadAll(out.Body))
	return normal(answer{out.StatusCode, out.Headers, out.Cookies, string(body)})
}

// next reads n bytes of an answer that goes on.
func next(t *testing.T, out *events.LambdaFunctionURLStreamingResponse, n int) string {
	t.Helper()
	p := make([]byte, n)
	if _, err := io.ReadFull(out.Body, p); err != nil {
		t.Fatal(err)
	}
	return string(p)
}

func TestWhatIsWrittenIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	more := make(chan string)
	out := begin(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		w.Header().Set("Too", "late")
		for s := range more {
			_, _ = io.WriteString(w, s)
		}
	}, eventOf(sent{method: "GET", target: "/"}))
	defer out.Close()
	if out.StatusCode != 200 || out.Headers["Content-Type"] != "text/event-stream" || out.Headers["Too"] != "" {
		t.Fatalf("it began with %d %v", out.StatusCode, out.Headers)
	}
	for _, s := range []string{"a", ": still here\n\n", "data: {}\n\n"} {
		more <- s
		if got := next(t, out, len(s)); got != s {
			t.Errorf("%q instead of %q", got, s)
		}
	}
	close(more)
	if rest, err := io.ReadAll(out.Body); err != nil || len(rest) > 0 {
		t.Errorf("it ended with %q, %v", rest, err)
	}
}

func TestAStreamEndsBeforeTheTimeLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
		defer cancel()
		began := time.Now()
		out := begin(t, ctx, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "data: 1\n\n")
			<-r.Context().Done()
			_, _ = io.WriteString(w, ": the end\n\n")
		}, eventOf(sent{method: "GET", target: "/"}))
		defer out.Close()
		body, err := io.ReadAll(out.Body)
		if took := time.Since(began); err != nil || string(body) != "data: 1\n\n: the end\n\n" || took != 15*time.Minute-time.Second {
			t.Errorf("%q, %v after %s", body, err, took)
		}
	})
}

func TestNobodyReadsAnyMore(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 2)
	out := begin(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "x")
		<-r.Context().Done()
		_, err := io.WriteString(w, "y")
		ended <- r.Context().Err()
		ended <- err
	}, eventOf(sent{method: "GET", target: "/"}))
	next(t, out, 1)
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) || <-ended == nil {
			t.Errorf("the context ended with %v, or something was written to nobody", err)
		}
	default:
		t.Error("it was closed before the handler returned")
	}
}

func TestAnAnswerThatBreaksOff(t *testing.T) {
	t.Parallel()
	abort := func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }
	out := begin(t, t.Context(), abort, eventOf(sent{method: "GET", target: "/"}))
	if body := must(io.ReadAll(out.Body)); out.StatusCode != 500 || !strings.Contains(string(body), "broke off") {
		t.Errorf("before it began: %d %s", out.StatusCode, body)
	}
	out = begin(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "half")
		abort(w, r)
	}, eventOf(sent{method: "GET", target: "/"}))
	defer out.Close()
	if body, err := io.ReadAll(out.Body); err == nil || string(body) != "half" {
		t.Errorf("midway: %q, %v", body, err)
	}
}

func TestWhoseAuthorization(t *testing.T) {
	t.Parallel()
	see := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s%s", r.Header.Values("Authorization"), r.Header.Values("X-Moved"))
	}
	for name, c := range map[string]struct {
		header  string
		headers map[string]string
		want    string
	}{
		"as it is":             {"", map[string]string{"Authorization": "Bearer a", "X-Moved": "Bearer b"}, "[Bearer a][Bearer b]"},
		"behind a signature":   {"X-Moved", map[string]string{"Authorization": "AWS4-HMAC-SHA256 …", "X-Moved": "Bearer b"}, "[Bearer b][]"},
		"none but a signature": {"X-Moved", map[string]string{"Authorization": "AWS4-HMAC-SHA256 …"}, "[][]"},
		"around the signer":    {"X-Moved", map[string]string{"Authorization": "Bearer a"}, "[][]"},
	} {
		s := must(lambdahttp.NewStream(lambdahttp.StreamConfig{Handler: http.HandlerFunc(see), Margin: 1, Authorization: c.header}))
		out := must(s.Invoke(t.Context(), eventOf(sent{method: "GET", target: "/", headers: c.headers})))
		if body := string(must(io.ReadAll(out.Body))); body != c.want {
			t.Errorf("%s: %s, want %s", name, body, c.want)
		}
		_ = out.Close()
	}
}

func TestStreamsThatAreNone(t *testing.T) {
	t.Parallel()
	s := newStream(t, mirror)
	for _, payload := range []string{``, `null`, `{}`, `{"Records":[]}`} {
		if out, err := s.Invoke(t.Context(), json.RawMessage(payload)); err == nil {
			t.Errorf("%s: got %v", payload, out)
		}
	}
	for _, payload := range []string{
		`{"rawPath":"/%zz","requestContext":{"http":{"method":"GET"}}}`,
		`{"rawPath":"/","isBase64Encoded":true,"body":"***","requestContext":{"http":{"method":"POST"}}}`,
	} {
		if out := must(s.Invoke(t.Context(), json.RawMessage(payload))); out.StatusCode != 400 || out.Headers["Content-Type"] != "application/problem+json" {
			t.Errorf("%s: %d %v", payload, out.StatusCode, out.Headers)
		}
	}
	for _, cfg := range []lambdahttp.StreamConfig{{Handler: http.NotFoundHandler()}, {Margin: time.Second}} {
		if _, err := lambdahttp.NewStream(cfg); err == nil {
			t.Errorf("%v is enough", cfg)
		}
	}
}

func FuzzStream(f *testing.F) {
	for _, n := range must(samples.Names("apigateway")) {
		f.Add(must(samples.Sample(n)))
	}
	s := newStream(f, mirror)
	f.Fuzz(func(t *testing.T, payload []byte) {
		out, err := s.Invoke(t.Context(), payload)
		if err != nil {
			return
		}
		defer out.Close()
		if body, err := io.ReadAll(out.Body); err != nil || out.StatusCode < 200 {
			t.Fatalf("%v: %d %s", err, out.StatusCode, body)
		}
	})
}
