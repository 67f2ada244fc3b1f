// Package awsclient owns how a function reaches AWS: region and credentials from the
// environment, and a TLS client that trusts Amazon's own roots. Parsing the system's 140
// roots costs a small function more than everything else at its first call; five roots
// cost next to nothing. A server that Amazon's roots do not vouch for (a proxy, a private
// endpoint) makes the client fall back to the system's roots, once and for good.
//
// It makes no service clients: each function makes the ones it may use.
package awsclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
)

// amazonRoots are Amazon Root CA 1 to 4 and Starfield Services Root CA G2
// (https://www.amazontrust.com/repository/).
//
//go:embed roots/amazon.pem
var amazonRoots []byte

// Load gives the configuration that service clients are made with.
func Load(ctx context.Context) (aws.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(amazonRoots) {
		return aws.Config{}, errors.New("the embedded roots can't be read")
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(&http.Client{Transport: newTransport(pool)}))
	if err != nil {
		return aws.Config{}, fmt.Errorf("loading the AWS configuration: %w", err)
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
