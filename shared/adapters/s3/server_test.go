package s3_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/slipwayhq/slipway/shared/adapters/s3"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// noWait is a clock on which nothing takes time. It remembers what was waited.
type noWait struct {
	clock.System
	mu    sync.Mutex
	waits []time.Duration
}

func (c *noWait) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	return ctx.Err()
}

// said is one answer of S3.
type said func(w http.ResponseWriter, r *http.Request)

func plain(status int, body string, header ...string) said {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func refused(status int, code string) said {
	return plain(status, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>`+code+`</Code><Message>Because.</Message><RequestId>1</RequestId></Error>`)
}

// cut ends the connection in the middle of a body.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, "half")
	panic(http.ErrAbortHandler)
}

// bucket is S3 behind one bucket: it gives its answers in turn, the last one again and
// again, and refuses whatever is not properly signed.
type bucket struct {
	store *s3.Store
	clock *noWait
	url   string

	mu       sync.Mutex
	answers  []said
	requests []string
	headers  []http.Header
}

func serve(t *testing.T, answers ...said) *bucket {
	t.Helper()
	b := &bucket{answers: answers, clock: &noWait{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	b.url = server.URL
	store, err := s3.New(b.config())
	if err != nil {
		t.Fatal(err)
	}
	b.store = store
	return b
}

func (b *bucket) config() s3.Config {
	return s3.Config{
		AWS: aws.Config{
			Region: "eu-west-1", BaseEndpoint: &b.url, HTTPClient: &http.Client{},
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", secret, "session"),
		},
		Bucket: "blobs", Clock: b.clock, IDs: &ids.Sequence{Prefix: "call"},
	}
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	b.requests = append(b.requests, strings.TrimSpace(r.Method+" "+r.RequestURI+" "+string(body)))
	b.headers = append(b.headers, r.Header.Clone())
	answer := b.answers[0]
	if len(b.answers) > 1 {
		b.answers = b.answers[1:]
	}
	b.mu.Unlock()
	if problem := badSignature(r, body); problem != "" {
		answer = refused(http.StatusForbidden, problem)
	}
	answer(w, r)
}

// badSignature checks a request as S3 does, step by step as
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html has it.
func badSignature(r *http.Request, body []byte) string {
	sum := sha256.Sum256(body)
	hash, date := hex.EncodeToString(sum[:]), r.Header.Get("X-Amz-Date")
	if r.Header.Get("X-Amz-Content-Sha256") != hash {
		return "XAmzContentSHA256Mismatch"
	}
	given := r.Header.Get("Authorization")
	_, rest, _ := strings.Cut(given, "SignedHeaders=")
	signed, _, _ := strings.Cut(rest, ",")
	names := strings.Split(signed, ";")
	canonical := r.Method + "\n" + r.URL.EscapedPath() + "\n" + strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20") + "\n"
	for _, name := range names {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		canonical += name + ":" + value + "\n"
	}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !slices.Contains(names, name) {
			return "AccessDenied" // S3 wants all of its own headers signed
		}
	}
	sum = sha256.Sum256([]byte(canonical + "\n" + signed + "\n" + hash))
	scope := date[:8] + "/eu-west-1/s3/aws4_request"
	key := []byte("AWS4" + secret)
	for _, part := range append(strings.Split(scope, "/"), "AWS4-HMAC-SHA256\n"+date+"\n"+scope+"\n"+hex.EncodeToString(sum[:])) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	if want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" + scope + ", SignedHeaders=" + signed + ", Signature=" + hex.EncodeToString(key); given != want {
		return "SignatureDoesNotMatch"
	}
	return ""
}
