package s3_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipwayhq/slipway/shared/adapters/s3"
	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestWhatMayPassIsRepeated(t *testing.T) {
	t.Parallel()
	good := plain(200, "body", "X-Amz-Checksum-Sha256", checksum("body"))
	for name, c := range map[string]struct {
		first    said
		want     errs.Kind
		requests int
	}{
		"busy":               {refused(503, "SlowDown"), "", 2},
		"internal error":     {refused(500, "InternalError"), "", 2},
		"too slow for S3":    {refused(400, "RequestTimeout"), "", 2},
		"cut off":            {cut, "", 2},
		"damaged":            {plain(200, "badly", "X-Amz-Checksum-Sha256", checksum("body")), "", 2},
		"kept without a sum": {plain(200, "body"), "", 1},
		"refused":            {refused(403, "AccessDenied"), errs.Internal, 1},
		"old credentials":    {refused(400, "ExpiredToken"), errs.Internal, 1},
		"absent":             {refused(404, "NoSuchKey"), errs.NotFound, 1},
	} {
		b := serve(t, c.first, good)
		got, err := b.store.Get(t.Context(), "k")
		if errs.KindOf(err) != c.want || len(b.requests) != c.requests || err == nil && string(got) != "body" {
			t.Errorf("%s: %d requests give %q, %v", name, len(b.requests), got, err)
		}
	}
}

func TestRepeatingEnds(t *testing.T) {
	t.Parallel()
	b := serve(t, refused(503, "SlowDown"))
	if err := b.store.Delete(t.Context(), "k"); errs.KindOf(err) != errs.RateLimited {
		t.Errorf("a busy store gives %v", err)
	}
	if len(b.requests) != 5 || len(b.clock.waits) != 4 {
		t.Errorf("%d requests with %d waits", len(b.requests), len(b.clock.waits))
	}
	for n, wait := range b.clock.waits {
		if most := 50 * time.Millisecond << n; wait < 0 || wait >= most {
			t.Errorf("wait %d is %s, want less than %s", n, wait, most)
		}
	}
}

func TestACallerWhoLeavesIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := serve(t, func(http.ResponseWriter, *http.Request) {
		cancel()
		panic(http.ErrAbortHandler)
	})
	if err := b.store.Put(ctx, "k", nil); errs.KindOf(err) != errs.Unavailable || len(b.clock.waits) != 0 {
		t.Errorf("a call that was given up gives %v after %d waits", err, len(b.clock.waits))
	}
}

func TestASilentServerIsLeft(t *testing.T) {
	t.Parallel()
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	b := serve(t, silent)
	c := b.config()
	c.Timeout = 20 * time.Millisecond
	store, err := s3.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(t.Context(), "k"); errs.KindOf(err) != errs.Unavailable {
		t.Errorf("a silent server gives %v", err)
	}
	if len(b.clock.waits) != 4 {
		t.Errorf("%d waits", len(b.clock.waits))
	}
}

// TestRedirectsAreNotFollowed: a client that follows them asks the other place with GET,
// and takes its page for the receipt of what was put.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		b := serve(t, plain(status, "", "Location", "/elsewhere"), plain(200, ""))
		if err := b.store.Put(t.Context(), "k", []byte("body")); errs.KindOf(err) != errs.Internal || len(b.requests) != 1 {
			t.Errorf("a redirect with %d gives %v after %q", status, err, b.requests)
		}
	}
}

func TestAnObjectTooLargeForABlob(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]said{
		"said so":     plain(200, "", "Content-Length", strconv.Itoa(blob.MaxBytes+1)),
		"found so":    func(w http.ResponseWriter, _ *http.Request) { _, _ = io.CopyN(w, zeros{}, blob.MaxBytes+1) },
		"far too big": plain(200, "", "Content-Length", "9223372036854775807"),
	} {
		b := serve(t, answer)
		if _, err := b.store.Get(t.Context(), "k"); errs.KindOf(err) != errs.TooLarge || len(b.requests) != 1 {
			t.Errorf("%s gives %v after %d requests", name, err, len(b.requests))
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestErrorsKeepSecrets: what S3 says of a bad signature, and what is sent, is not for logs.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	b := serve(t, plain(403, "<Error><Code>SignatureDoesNotMatch</Code><Message>No match.</Message><AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId><StringToSign>AWS4-HMAC</StringToSign></Error>",
		"X-Amz-Request-Id", "REQ1"))
	err := b.store.Put(t.Context(), "k", nil)
	for _, bad := range []string{"AKIDEXAMPLE", "AWS4-HMAC", secret, "session"} {
		if strings.Contains(fmt.Sprint(err), bad) {
			t.Errorf("the error says %q: %v", bad, err)
		}
	}
	if !strings.Contains(fmt.Sprint(err), "REQ1") || strings.Contains(errs.Message(err), "SignatureDoesNotMatch") {
		t.Errorf("the error is %v, shown as %q", err, errs.Message(err))
	}
}

func TestNoCredentials(t *testing.T) {
	t.Parallel()
	b := serve(t, plain(200, ""))
	c := b.config()
	c.AWS.Credentials = aws.AnonymousCredentials{}
	store, err := s3.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "k", nil); errs.KindOf(err) != errs.Internal || len(b.requests) != 0 {
		t.Errorf("a call without credentials gives %v after %d requests", err, len(b.requests))
	}
}

// FuzzAnswer: whatever comes back, only S3's own word makes a blob absent, and a checksum
// that is given is right.
func FuzzAnswer(f *testing.F) {
	f.Add(404, []byte("<Error><Code>NoSuchKey</Code></Error>"), "")
	f.Add(200, []byte("body"), checksum("body"))
	f.Add(200, []byte("<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>"), "")
	f.Add(503, []byte("<Error>"), "-")
	f.Add(204, []byte(nil), "x")
	f.Fuzz(func(t *testing.T, status int, body []byte, sum string) {
		b := &bucket{url: "http://bucket.invalid", clock: &noWait{}}
		c := b.config()
		c.AWS.HTTPClient = canned{status: status, body: string(body), sum: sum}
		store, err := s3.New(c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := store.Get(t.Context(), "k")
		switch {
		case err == nil && (status < 200 || status > 299 || string(got) != string(body)):
			t.Errorf("status %d gives %q", status, got)
		case err == nil && sum != "" && sum != checksum(string(body)):
			t.Errorf("a body of another checksum is taken")
		case errs.KindOf(err) == errs.NotFound && (status >= 200 && status <= 299 || !strings.Contains(string(body), "NoSuchKey")):
			t.Errorf("status %d with %q is taken for an absent blob", status, body)
		}
		if keys, err := store.List(t.Context(), "", "", 1); err == nil && len(keys) > 0 && !strings.Contains(string(body), "ListBucketResult") {
			t.Errorf("%q is taken for the list %q", body, keys)
		}
	})
}

// canned gives one answer to everything.
type canned struct {
	status    int
	body, sum string
}

func (c canned) Do(r *http.Request) (*http.Response, error) {
	h := http.Header{}
	if c.sum != "" {
		h.Set("X-Amz-Checksum-Sha256", c.sum)
	}
	return &http.Response{StatusCode: c.status, Header: h, ContentLength: -1, Request: r, Body: io.NopCloser(strings.NewReader(c.body))}, nil
}
