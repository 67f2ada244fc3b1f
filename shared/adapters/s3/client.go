package s3

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// checksumHeader holds the SHA-256 of an object in base64: S3 compares it with what
// arrives, keeps it, and gives it back to readers that ask for it
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
const checksumHeader = "X-Amz-Checksum-Sha256"

// client sends requests about one bucket. It is safe for concurrent use.
type client struct {
	bucket *url.URL
	sender *awsclient.Sender
}

func newClient(c Config) (*client, error) {
	bucket, err := bucketURL(c.AWS, c.Bucket)
	if err != nil {
		return nil, err
	}
	sender, err := awsclient.NewSender(awsclient.SenderConfig{AWS: c.AWS, Service: "s3", Clock: c.Clock, Timeout: c.Timeout, PlainPath: true})
	return &client{bucket: bucket, sender: sender}, err
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
func (c *client) do(ctx context.Context, r request) (a answer, err error) {
	where := *c.bucket
	if r.key != "" {
		where.Path += "/" + r.key
	}
	where.RawQuery = r.query.Encode()
	err = c.sender.Send(ctx, awsclient.Request{Method: r.method, URL: &where, Header: r.headers(), Body: r.body}, func(res *http.Response) (err error) {
		a, err = read(res, r.into)
		return err
	})
	var known *errs.Error
	if err == nil || errors.As(err, &known) {
		return a, err
	}
	return answer{}, classify(err)
}

// headers gives the request's headers with those that make S3 check what arrives.
func (r request) headers() map[string]string {
	all := map[string]string{}
	switch r.method {
	case http.MethodPut:
		sum := sha256.Sum256(r.body)
		all[checksumHeader] = base64.StdEncoding.EncodeToString(sum[:])
	case http.MethodGet:
		all["X-Amz-Checksum-Mode"] = "ENABLED"
	}
	for name, value := range r.header {
		all[name] = value
	}
	return all
}
