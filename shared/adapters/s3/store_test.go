package s3_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/s3"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func listed(next string, keys ...string) said {
	body := `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>blobs</Name>`
	for _, key := range keys {
		body += "<Contents><Key>" + key + "</Key><Size>1</Size></Contents>"
	}
	if next != "" {
		body += "<IsTruncated>true</IsTruncated><NextContinuationToken>" + next + "</NextContinuationToken>"
	}
	return plain(http.StatusOK, body+"</ListBucketResult>")
}

func checksum(body string) string {
	sum := sha256.Sum256([]byte(body))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	b := serve(t, plain(http.StatusOK, ""))
	ctx := t.Context()
	if err := b.store.Put(ctx, "a/b_c-d.txt", []byte("body")); err != nil {
		t.Error(err)
	}
	if err := b.store.PutNew(ctx, "new", nil); err != nil {
		t.Error(err)
	}
	if _, err := b.store.Get(ctx, "a/b"); err != nil {
		t.Error(err)
	}
	if err := b.store.Delete(ctx, "a/b"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"PUT /blobs/a/b_c-d.txt body", "PUT /blobs/new", "GET /blobs/a/b", "DELETE /blobs/a/b"}, b.requests); diff != "" {
		t.Errorf("the requests (-want +got):\n%s", diff)
	}
	for _, c := range []struct {
		request      int
		header, want string
	}{
		{0, "X-Amz-Checksum-Sha256", checksum("body")},
		{0, "X-Amz-Security-Token", "session"},
		{0, "If-None-Match", ""},
		{1, "If-None-Match", "*"},
		{1, "X-Amz-Meta-Slipway-Writer", "call-000001"},
		{1, "Content-Length", "0"},
		{2, "X-Amz-Checksum-Mode", "ENABLED"},
		{2, "Accept-Encoding", "identity"},
	} {
		if got := b.headers[c.request].Get(c.header); got != c.want {
			t.Errorf("request %d has %s %q, want %q", c.request, c.header, got, c.want)
		}
	}
}

func TestPutNewRecognisesItsOwnWork(t *testing.T) {
	t.Parallel()
	taken := refused(http.StatusPreconditionFailed, "PreconditionFailed")
	by := func(id string) said { return plain(http.StatusOK, "", "x-amz-meta-slipway-writer", id) }
	for name, c := range map[string]struct {
		answers []said
		want    errs.Kind
	}{
		"made":                           {[]said{plain(200, "")}, ""},
		"made before, answer lost":       {[]said{cut, taken, by("call-000001")}, ""},
		"made by another":                {[]said{taken, by("call-000002")}, errs.Conflict},
		"made by another and deleted":    {[]said{taken, plain(404, "")}, errs.Conflict},
		"made by whom can't be seen":     {[]said{taken, plain(403, "")}, errs.Internal},
		"another is at it for a while":   {[]said{refused(409, "ConditionalRequestConflict"), plain(200, "")}, ""},
		"another is at it for too long":  {[]said{refused(409, "ConditionalRequestConflict")}, errs.RateLimited},
		"no answer, then another's turn": {[]said{cut, refused(409, "ConditionalRequestConflict")}, errs.Unavailable},
		"not allowed":                    {[]said{refused(403, "AccessDenied")}, errs.Internal},
	} {
		if err := serve(t, c.answers...).store.PutNew(t.Context(), "k", nil); errs.KindOf(err) != c.want {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

// TestOnlyAMissingKeyIsAbsent keeps faults of the deployment, and of what stands between,
// from looking like "no blob".
func TestOnlyAMissingKeyIsAbsent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer said
		want   errs.Kind
	}{
		"no such key":            {refused(404, "NoSuchKey"), errs.NotFound},
		"no such bucket":         {refused(404, "NoSuchBucket"), errs.Internal},
		"not found, no document": {plain(404, ""), errs.Internal},
		"somebody's page":        {plain(404, "<html><Code>NoSuchKey</Code></html>"), errs.Internal},
		"half a document":        {plain(404, "<Error><Code>NoSuchKey</Code>"), errs.Internal},
		"access denied":          {refused(403, "AccessDenied"), errs.Internal},
		"another clock":          {refused(403, "RequestTimeTooSkewed"), errs.Internal},
		"slow down":              {refused(503, "SlowDown"), errs.RateLimited},
		"throttled on the way":   {plain(429, ""), errs.RateLimited},
		"internal error":         {refused(500, "InternalError"), errs.Unavailable},
		"gateway":                {plain(502, "bad gateway"), errs.Unavailable},
	} {
		if _, err := serve(t, c.answer).store.Get(t.Context(), "k"); errs.KindOf(err) != c.want {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

func TestListAsksUntilItIsFull(t *testing.T) {
	t.Parallel()
	b := serve(t, listed("t+/ 1", "a/1"), listed("2"), listed("", "a/2", "a/3"))
	got, err := b.store.List(t.Context(), "a/", "a/0", 10)
	if err != nil || strings.Join(got, " ") != "a/1 a/2 a/3" {
		t.Fatalf("the list is %q, %v", got, err)
	}
	if diff := cmp.Diff([]string{
		"GET /blobs?list-type=2&max-keys=10&prefix=a%2F&start-after=a%2F0",
		"GET /blobs?continuation-token=t%2B%2F%201&list-type=2&max-keys=9&prefix=a%2F&start-after=a%2F0",
		"GET /blobs?continuation-token=2&list-type=2&max-keys=9&prefix=a%2F&start-after=a%2F0",
	}, b.requests); diff != "" {
		t.Errorf("the requests (-want +got):\n%s", diff)
	}
	b = serve(t, listed("1", "a"), listed("2", "b"), listed("", "c"))
	if got, err = b.store.List(t.Context(), "", "", 2); err != nil || strings.Join(got, " ") != "a b" {
		t.Fatalf("a list of two is %q, %v", got, err)
	}
}

func TestAListThatIsNoneIsUnavailable(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "<html></html>", "<ListBucketResult>", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
		"<ListBucketResult><IsTruncated>maybe</IsTruncated></ListBucketResult>", "\x00",
	} {
		if got, err := serve(t, plain(200, body)).store.List(t.Context(), "", "", 1); errs.KindOf(err) != errs.Unavailable {
			t.Errorf("%q gives %q, %v", body, got, err)
		}
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*s3.Config){
		"bucket":      func(c *s3.Config) { c.Bucket = "" },
		"bad bucket":  func(c *s3.Config) { c.Bucket = "a/b" },
		"region":      func(c *s3.Config) { c.AWS.Region = "" },
		"credentials": func(c *s3.Config) { c.AWS.Credentials = nil },
		"HTTP client": func(c *s3.Config) { c.AWS.HTTPClient = nil },
		"clock":       func(c *s3.Config) { c.Clock = nil },
		"ids":         func(c *s3.Config) { c.IDs = nil },
	} {
		c := serve(t, plain(200, "")).config()
		spoil(&c)
		if _, err := s3.New(c); err == nil {
			t.Errorf("no error without a proper %s", name)
		}
	}
}
