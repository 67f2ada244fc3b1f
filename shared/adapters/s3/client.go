package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// How a request is repeated.
const (
	attempts  = 5
	firstWait = 50 * time.Millisecond // the most that is waited behind the first attempt
	longest   = 2 * time.Second
	patience  = 30 * time.Second // for one attempt, unless Config says otherwise
)

// checksumHeader holds the SHA-256 of an object in base64: S3 compares it with what
// arrives, keeps it, and gives it back to readers that ask for it
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
const checksumHeader = "X-Amz-Checksum-Sha256"

// client sends requests about one bucket. It is safe for concurrent use.
type client struct {
	bucket      *url.URL
	region      string
	credentials aws.CredentialsProvider
	http        aws.HTTPClient
	signer      *v4.Signer
	clock       clock.Clock
	timeout     time.Duration // of one attempt
}

func newClient(c Config) (*client, error) {
	if c.AWS.Credentials == nil || c.AWS.HTTPClient == nil {
		return nil, errors.New("the configuration of AWS lacks credentials or an HTTP client")
	}
	bucket, err := bucketURL(c.AWS, c.Bucket)
	if err != nil {
		return nil, err
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = patience
	}
	return &client{
		bucket: bucket, region: c.AWS.Region, credentials: c.AWS.Credentials, http: stayer(c.AWS.HTTPClient),
		signer: v4.NewSigner(), clock: c.Clock, timeout: timeout,
	}, nil
}

// stayer does not follow redirects: a PUT that is led elsewhere arrives there as a GET, or
// with a signature for another host.
func stayer(c aws.HTTPClient) aws.HTTPClient {
	plain, ok := c.(*http.Client)
	if !ok {
		return c
	}
	stays := *plain
	stays.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &stays
}

// request is one about an object, or about the bucket when it has no key. Sending it twice
// has to be as good as sending it once: every request is repeated.
type request struct {
	method, key string
	query       url.Values
	header      map[string]string
	body        []byte
	into        []byte // what the answer's body has to fill; nil for memory of its own
}

// do sends a request until it is answered for good. The error is classified.
func (c *client) do(ctx context.Context, r request) (answer, error) {
	sum := sha256.Sum256(r.body)
	for n, unsure := 0, false; ; n++ {
		a, err := c.attempt(ctx, r, sum)
		if err == nil {
			return a, nil
		}
		if n < attempts-1 && errs.Transient(err) && ctx.Err() == nil {
			unsure = unsure || errs.KindOf(err) == errs.Unavailable
			wait := rand.N(min(firstWait<<n, longest)) //nolint:gosec // jitter is no secret
			if c.clock.Sleep(ctx, wait) == nil {
				continue
			}
		}
		if unsure && errs.KindOf(err) == errs.RateLimited {
			err = errs.Wrap(errs.Unavailable, "the store of blobs did not answer at first and then was busy", err)
		}
		return answer{}, err
	}
}

func (c *client) attempt(ctx context.Context, r request, sum [sha256.Size]byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.signed(ctx, r, sum)
	if err != nil {
		return answer{}, classify(err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, classify(&smithyhttp.RequestSendError{Err: err})
	}
	defer res.Body.Close()
	return read(res, r.into)
}

// signed makes the HTTP request. Its signature covers the body's hash, so that S3 refuses
// what changed on the way.
func (c *client) signed(ctx context.Context, r request, sum [sha256.Size]byte) (*http.Request, error) {
	where := *c.bucket
	if r.key != "" {
		where.Path += "/" + r.key
	}
	where.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, where.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	hash := hex.EncodeToString(sum[:])
	req.Header.Set("X-Amz-Content-Sha256", hash)
	req.Header.Set("Accept-Encoding", "identity") // bytes as they are kept, for the checksum
	switch r.method {
	case http.MethodPut:
		req.Header.Set(checksumHeader, base64.StdEncoding.EncodeToString(sum[:]))
	case http.MethodGet:
		req.Header.Set("X-Amz-Checksum-Mode", "ENABLED")
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	who, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("retrieving credentials: %w", err)
	}
	// S3 signs paths as they are; every other service escapes them twice.
	raw := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }
	if err := c.signer.SignHTTP(ctx, who, req, hash, "s3", c.region, c.clock.Now(), raw); err != nil {
		return nil, fmt.Errorf("signing a request: %w", err)
	}
	return req, nil
}
