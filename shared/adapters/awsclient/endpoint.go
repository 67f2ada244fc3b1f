package awsclient

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// regionName keeps a setting from leading elsewhere: the region is part of a host.
var regionName = lazyregexp.New(`^[a-z0-9-]+$`)

const maxRegionName = 32

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

// Endpoint says where a service is in the configured region. Own reports that it is not
// AWS's usual place, but a server that the configuration names, such as an emulator.
func Endpoint(cfg aws.Config, service string) (at *url.URL, own bool, err error) {
	if len(cfg.Region) > maxRegionName || !regionName.MatchString(cfg.Region) {
		return nil, false, fmt.Errorf("%q is not the name of a region", cfg.Region)
	}
	if cfg.BaseEndpoint == nil {
		return &url.URL{Scheme: "https", Host: service + "." + cfg.Region + "." + domain(cfg.Region)}, false, nil
	}
	base, err := url.Parse(*cfg.BaseEndpoint)
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, false, errors.New("the endpoint is not the URL of a server")
	}
	return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: strings.TrimSuffix(base.Path, "/")}, true, nil
}

func domain(region string) string {
	for _, s := range suffixes {
		if strings.HasPrefix(region, s.regions) {
			return s.domain
		}
	}
	return "amazonaws.com"
}
