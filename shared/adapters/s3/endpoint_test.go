package s3

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestBucketURL: the hosts are those that the SDK's own client (v1.114) asks.
func TestBucketURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ endpoint, region, bucket, want string }{
		{"", "eu-central-1", "blobs", "https://blobs.s3.eu-central-1.amazonaws.com"},
		{"", "us-east-1", "blobs", "https://blobs.s3.us-east-1.amazonaws.com"},
		{"", "us-gov-west-1", "blobs", "https://blobs.s3.us-gov-west-1.amazonaws.com"},
		{"", "cn-north-1", "blobs", "https://blobs.s3.cn-north-1.amazonaws.com.cn"},
		{"", "eusc-de-east-1", "blobs", "https://blobs.s3.eusc-de-east-1.amazonaws.eu"},
		{"", "us-iso-east-1", "blobs", "https://blobs.s3.us-iso-east-1.c2s.ic.gov"},
		{"", "us-isob-east-1", "blobs", "https://blobs.s3.us-isob-east-1.sc2s.sgov.gov"},
		{"", "us-isof-south-1", "blobs", "https://blobs.s3.us-isof-south-1.csp.hci.ic.gov"},
		{"", "eu-isoe-west-1", "blobs", "https://blobs.s3.eu-isoe-west-1.cloud.adc-e.uk"},
		{"", "eu-west-1", "dots.in.name", "https://s3.eu-west-1.amazonaws.com/dots.in.name"},
		{"http://127.0.0.1:4566", "us-east-1", "blobs", "http://127.0.0.1:4566/blobs"},
		{"http://127.0.0.1:4566/", "us-east-1", "blobs", "http://127.0.0.1:4566/blobs"},
		{"https://s3.example.com/below", "us-east-1", "blobs", "https://s3.example.com/below/blobs"},
		{"127.0.0.1:4566", "us-east-1", "blobs", ""},
		{"ftp://s3.example.com", "us-east-1", "blobs", ""},
		{"", "eu-west-1", "UPPER", ""},
		{"", "eu-west-1", "a", ""},
		{"", "eu-west-1", "evil.example.com/x", ""},
		{"", "eu-west-1", "x@evil.example.com", ""},
		{"", "eu-west-1", "arn:aws:s3:eu-west-1:111122223333:accesspoint/blobs", ""},
		{"", "eu-west-1", strings.Repeat("b", 64), ""},
		{"", "evil.example.com/", "blobs", ""},
		{"", "", "blobs", ""},
	} {
		cfg := aws.Config{Region: c.region}
		if c.endpoint != "" {
			cfg.BaseEndpoint = &c.endpoint
		}
		got, err := bucketURL(cfg, c.bucket)
		if c.want == "" && err == nil {
			t.Errorf("bucket %q in %q behind %q is at %s, want an error", c.bucket, c.region, c.endpoint, got)
		}
		if c.want != "" && (err != nil || got.String() != c.want) {
			t.Errorf("bucket %q in %q behind %q is at %v, %v, want %s", c.bucket, c.region, c.endpoint, got, err, c.want)
		}
	}
}
