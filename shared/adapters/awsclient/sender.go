package awsclient

import (
	"bytes"
	"context"
	"crypto/sha256"
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

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// How a request is repeated.
const (
	attempts  = 5
	firstWait = 50 * time.Millisecond // the most that is waited behind the first attempt
	longest   = 2 * time.Second
	patience  = 30 * time.Second // for one attempt, unless SenderConfig says otherwise
)

// SenderConfig is what a Sender needs.
type SenderConfig struct {
	AWS     aws.Config
	Service string // as signatures name it, "s3"
	Clock   clock.Clock
	Timeout time.Duration // of one attempt; 30 s when zero
	// PlainPath signs paths as they are, as S3 wants it; every other service escapes them
	// twice.
	PlainPath bool
}

// Sender sends signed requests to one service, for the few calls that are not worth the
// SDK's client of that service. It is safe for concurrent use.
type Sender struct {
	cfg    SenderConfig
	http   aws.HTTPClient
	signer *v4.Signer
}

// NewSender makes a sender.
func NewSender(c SenderConfig) (*Sender, error) {
	if c.AWS.Credentials == nil || c.AWS.HTTPClient == nil || c.AWS.Region == "" || c.Service == "" || c.Clock == nil {
		return nil, errors.New("sending requests to AWS takes credentials, an HTTP client, a region, a service and a clock")
	}
	if c.Timeout <= 0 {
		c.Timeout = patience
	}
	return &Sender{cfg: c, http: stayer(c.AWS.HTTPClient), signer: v4.NewSigner()}, nil
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

// Request is one request. Sending it twice has to be as good as sending it once: every
// request is repeated.
type Request struct {
	Method string
	URL    *url.URL
	Header map[string]string
	Body   []byte
}

// Send sends a request until it is answered for good. Read takes each answer to its end and
// gives an error for one that is no success. An error that is not one of Slipway's own is
// such as the SDK's clients give, for awserr to classify.
func (s *Sender) Send(ctx context.Context, r Request, read func(*http.Response) error) error {
	sum := sha256.Sum256(r.Body)
	hash := hex.EncodeToString(sum[:])
	for n, unsure := 0, false; ; n++ {
		err := s.attempt(ctx, r, hash, read)
		if err == nil {
			return nil
		}
		kind := awserr.Kind(err)
		if n < attempts-1 && (kind == errs.RateLimited || kind == errs.Unavailable) && ctx.Err() == nil {
			unsure = unsure || kind == errs.Unavailable
			wait := rand.N(min(firstWait<<n, longest)) //nolint:gosec // jitter is no secret
			if s.cfg.Clock.Sleep(ctx, wait) == nil {
				continue
			}
		}
		if unsure && kind == errs.RateLimited {
			err = errs.Wrap(errs.Unavailable, "AWS did not answer at first and then was busy", err)
		}
		return err
	}
}

func (s *Sender) attempt(ctx context.Context, r Request, hash string, read func(*http.Response) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	req, err := s.signed(ctx, r, hash)
	if err != nil {
		return err
	}
	res, err := s.http.Do(req)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer res.Body.Close()
	return read(res)
}

// signed makes the HTTP request. Its signature covers the body's hash, so that AWS refuses
// what changed on the way.
func (s *Sender) signed(ctx context.Context, r Request, hash string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	req.Header.Set("X-Amz-Content-Sha256", hash)
	req.Header.Set("Accept-Encoding", "identity") // bytes as they are kept, for checksums
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	who, err := s.cfg.AWS.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("retrieving credentials: %w", err)
	}
	path := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = s.cfg.PlainPath }
	if err := s.signer.SignHTTP(ctx, who, req, hash, s.cfg.Service, s.cfg.AWS.Region, s.cfg.Clock.Now(), path); err != nil {
		return nil, fmt.Errorf("signing a request: %w", err)
	}
	return req, nil
}
