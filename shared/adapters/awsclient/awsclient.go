// Package awsclient owns how a function reaches AWS: the region and the role's credentials
// that Lambda puts into its settings, and a TLS client that trusts Amazon's own roots. Parsing the system's 140
// roots costs a small function more than everything else at its first call; five roots
// cost next to nothing. A server that Amazon's roots do not vouch for (a proxy, a private
// endpoint) makes the client fall back to the system's roots, once and for good.
//
// It makes no service clients: each function makes the ones it may use. For the few calls
// that are not worth a client of the SDK (docs/adr/0006-own-client-for-s3.md) there is
// Sender, which signs requests and repeats them, and Calls, which speaks two of AWS's
// protocols. It does not look for credentials anywhere else: the SDK's chain of sources
// would link the clients of three sign-in services into every function.
package awsclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// amazonRoots are Amazon Root CA 1 to 4 and Starfield Services Root CA G2
// (https://www.amazontrust.com/repository/).
//
//go:embed roots/amazon.pem
var amazonRoots []byte

// Settings reads a function's settings.
type Settings interface {
	Required(name string) string
	Optional(name, fallback string) string
}

// Load gives the configuration that service clients are made with, from the variables that
// Lambda sets (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html) and
// AWS_ENDPOINT_URL, which leads all clients to an emulator.
func Load(set Settings) (aws.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(amazonRoots) {
		return aws.Config{}, errors.New("the embedded roots can't be read")
	}
	role := aws.Credentials{
		AccessKeyID: set.Required("AWS_ACCESS_KEY_ID"), SecretAccessKey: set.Required("AWS_SECRET_ACCESS_KEY"),
		SessionToken: set.Optional("AWS_SESSION_TOKEN", ""), Source: "environment",
	}
	cfg := aws.Config{
		Region:      set.Required("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return role, nil }),
		HTTPClient:  &http.Client{Transport: newTransport(pool)},
	}
	if endpoint := set.Optional("AWS_ENDPOINT_URL", ""); endpoint != "" {
		cfg.BaseEndpoint = &endpoint
	}
	return cfg, nil
}

// transport tries the few roots first.
type transport struct {
	few, system http.RoundTripper
	fallen      atomic.Bool
}

func newTransport(pool *x509.CertPool) *transport {
	few := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	})
	return &transport{few: few.GetTransport(), system: awshttp.NewBuildableClient().GetTransport()}
}

// RoundTrip sends a request. A refused certificate means that nothing of it was sent, so
// that it can be sent again.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r, err := inMemory(r)
	if err != nil {
		return nil, err
	}
	if t.fallen.Load() {
		return t.system.RoundTrip(r)
	}
	res, err := t.few.RoundTrip(r)
	var unknown x509.UnknownAuthorityError
	if err == nil || !errors.As(err, &unknown) {
		return res, err
	}
	again, ok := repeatable(r)
	if !ok {
		return nil, err
	}
	t.fallen.Store(true)
	return t.system.RoundTrip(again)
}

// inMemory gives the request with a body that net/http knows to be in memory. The SDK's own
// body (smithy-go's safeWriteToReadCloser) is closed as soon as an answer begins, and fails
// the writer that asks it only then whether there is more: with it goes the connection, and
// the rest of the answer. Such a body is also sent apart from the headers.
func inMemory(r *http.Request) (*http.Request, error) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength <= 0 {
		return r, nil
	}
	body, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		return nil, fmt.Errorf("reading the body of a request: %w", err)
	}
	out := *r
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.Body, err = out.GetBody()
	return &out, err
}

// repeatable gives the request with its body from the start.
func repeatable(r *http.Request) (*http.Request, bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, true
	}
	if r.GetBody == nil {
		return nil, false
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, false
	}
	again := r.Clone(r.Context())
	again.Body = body
	return again, true
}
