package s3

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
)

// bucketName is what a bucket may be called
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html). ARNs and
// aliases of access points have endpoints of their own, which this package does not know.
var bucketName = lazyregexp.New(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// bucketURL says where a bucket is. It has a host of its own, except where that can't be:
// behind an endpoint that cfg names, such as an emulator's, and when dots in its name would
// not match the certificate.
func bucketURL(cfg aws.Config, bucket string) (*url.URL, error) {
	if !bucketName.MatchString(bucket) {
		return nil, fmt.Errorf("%q is not the name of a bucket", bucket)
	}
	at, own, err := awsclient.Endpoint(cfg, "s3")
	if err != nil {
		return nil, err
	}
	if own || strings.Contains(bucket, ".") {
		at.Path += "/" + bucket
		return at, nil
	}
	at.Host = bucket + "." + at.Host
	return at, nil
}
