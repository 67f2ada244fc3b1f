package gitlab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/scm"
)

// Config says which GitLab, as whom, and how patiently.
type Config struct {
	BaseURL string // "https://gitlab.example.com", with a path when GitLab lives below one
	// Token gives the access token for one request. An errs.Error of it is passed on.
	Token      func(context.Context) (string, error)
	HTTPClient *http.Client // optional; its redirect policy is replaced
	Clock      clock.Clock

	Timeout     time.Duration // of one attempt; 30 s by default, commits get three times that
	Attempts    int           // at most, of a request that may be repeated; 4 by default
	MaxRateWait time.Duration // longest wait that a 429 is honoured here; 3 s by default
}

// The defaults of Config, and bounds that nobody needs to change.
const (
	defaultTimeout     = 30 * time.Second
	defaultAttempts    = 4
	defaultMaxRateWait = 3 * time.Second
	commitTimeouts     = 3
	maxAnswerBytes     = 96 << 20
	maxRedirects       = 3
	pageSize           = 100 // GitLab's maximum
	maxPages           = 10_000
)

// Client is a GitLab.
type Client struct {
	cfg  Config
	http *http.Client
	api  *api.Client //nolint:staticcheck // SA1019: the library is a given; nothing else depends on it
}

var _ scm.Client = (*Client)(nil)

// New makes a client; it sends nothing yet.
func New(cfg Config) (*Client, error) {
	if cfg.Token == nil || cfg.Clock == nil {
		return nil, errors.New("gitlab: Token and Clock are required")
	}
	if err := checkURL(cfg.BaseURL); err != nil {
		return nil, err
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Attempts <= 0 {
		cfg.Attempts = defaultAttempts
	}
	if cfg.MaxRateWait <= 0 {
		cfg.MaxRateWait = defaultMaxRateWait
	}
	once := func(context.Context, *http.Response, error) (bool, error) { return false, nil }
	carrier := guarded(cfg.HTTPClient)
	//nolint:staticcheck // SA1019: as above
	client, err := api.NewOAuthClient("", api.WithBaseURL(cfg.BaseURL), api.WithHTTPClient(carrier),
		api.WithCustomRetry(once), api.WithCustomRetryMax(0), api.WithCustomLimiter(unlimited{}))
	if err != nil {
		return nil, fmt.Errorf("setting up the GitLab client: %w", err)
	}
	client.UserAgent = "slipway"
	return &Client{cfg: cfg, http: carrier, api: client}, nil
}

// checkURL keeps tokens off plain HTTP, except for a GitLab on this machine.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return errors.New("gitlab: the base URL is not valid")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("gitlab: the base URL must have no user, query or fragment")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return errors.New("gitlab: the base URL must be https, plain http is for loopback only")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// unlimited replaces the library's limiter, which would measure itself by the first answer.
type unlimited struct{}

func (unlimited) Wait(context.Context) error { return nil }

// guarded gives a copy of the HTTP client that follows only harmless redirects and reads
// only so much of an answer.
func guarded(given *http.Client) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	}
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = bounded{client.Transport}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		first := via[0]
		same := req.URL.Scheme == first.URL.Scheme && req.URL.Host == first.URL.Host
		if !same || first.Method != http.MethodGet || len(via) > maxRedirects {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return client
}

// bounded cuts off answers that are too long to be GitLab's.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req)
	if resp != nil {
		resp.Body = limitedBody{Reader: io.LimitReader(resp.Body, maxAnswerBytes), Closer: resp.Body}
	}
	return resp, err
}

type limitedBody struct {
	io.Reader
	io.Closer
}

// call is one request.
type call struct {
	doing   string // "creating the project apps/orders", for messages
	method  string
	path    string // below /api/v4, escaped
	query   url.Values
	body    any
	timeout time.Duration // of Config when zero
}

// once sends a call a single time and reads the answer into out unless that is nil.
func (c *Client) once(ctx context.Context, k call, out any) (*api.Response, error) {
	token, err := c.cfg.Token(ctx)
	if err != nil {
		return nil, &tokenError{err}
	}
	options := []api.RequestOptionFunc{
		api.WithToken(api.OAuthToken, token), api.WithContext(ctx),
		func(req *retryablehttp.Request) error {
			if len(k.query) > 0 {
				req.URL.RawQuery = k.query.Encode()
			}
			return nil
		},
	}
	req, err := c.api.NewRequest(k.method, k.path, k.body, options)
	if err != nil {
		return nil, fmt.Errorf("building the request: %w", err)
	}
	return c.api.Do(req, out)
}

// tokenError tells that no request was sent.
type tokenError struct{ error }

// Unwrap gives what the token source said.
func (e *tokenError) Unwrap() error { return e.error }

// escape makes a text one segment of a path.
func escape(s string) string { return api.PathEscape(s) }

// page sets the page size of a listing.
func page(q url.Values, limit int) url.Values {
	q.Set("per_page", fmt.Sprint(min(max(limit, 1), pageSize)))
	return q
}

// nextQuery gives the query of the next page, nil on the last one.
func nextQuery(resp *api.Response) url.Values {
	if resp == nil || resp.NextLink == "" {
		return nil
	}
	u, err := url.Parse(strings.TrimSpace(resp.NextLink))
	if err != nil {
		return nil
	}
	return u.Query()
}
