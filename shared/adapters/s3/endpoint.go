package s3

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// bucketName is what a bucket may be called
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html). ARNs and
// aliases of access points have endpoints of their own, which this package does not know.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// regionName keeps a setting from leading elsewhere: the region is part of a host.
var regionName = regexp.MustCompile(`^[a-z0-9-]+$`)

// suffixes are the domains of the partitions whose regions begin in a way of their own;
// all others are in amazonaws.com. From the SDK's internal/endpoints/awsrulesfn/partitions.json.
var suffixes = []struct{ regions, domain string }{
	{"cn-", "amazonaws.com.cn"},
	{"eusc-", "amazonaws.eu"},
	{"us-iso-", "c2s.ic.gov"},
	{"us-isob-", "sc2s.sgov.gov"},
	{"us-isof-", "csp.hci.ic.gov"},
	{"eu-isoe-", "cloud.adc-e.uk"},
}

// bucketURL says where a bucket is. It has a host of its own, except where that can't be:
// behind an endpoint that cfg names, such as an emulator's, and when dots in its name would
// not match the certificate.
func bucketURL(cfg aws.Config, bucket string) (*url.URL, error) {
	if !bucketName.MatchString(bucket) {
		return nil, fmt.Errorf("%q is not the name of a bucket", bucket)
	}
	if !regionName.MatchString(cfg.Region) {
		return nil, fmt.Errorf("%q is not the name of a region", cfg.Region)
	}
	if cfg.BaseEndpoint != nil {
		base, err := url.Parse(*cfg.BaseEndpoint)
		if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
			return nil, errors.New("the endpoint is not the URL of a server")
		}
		return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: strings.TrimSuffix(base.Path, "/") + "/" + bucket}, nil
	}
	host := "s3." + cfg.Region + "." + domain(cfg.Region)
	if strings.Contains(bucket, ".") {
		return &url.URL{Scheme: "https", Host: host, Path: "/" + bucket}, nil
	}
	return &url.URL{Scheme: "https", Host: bucket + "." + host}, nil
}

func domain(region string) string {
	for _, s := range suffixes {
		if strings.HasPrefix(region, s.regions) {
			return s.domain
		}
	}
	return "amazonaws.com"
}
