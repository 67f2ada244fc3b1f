package environments

import (
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

var (
	accountPattern = lazyregexp.New(`^[0-9]{12}$`)
	regionPattern  = lazyregexp.New(`^[a-z]{2}(-[a-z]{2,12}){1,2}-[1-9][0-9]?$`)
	// rolePattern is the ARN of an IAM role: path and name of the characters IAM takes
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
	rolePattern = lazyregexp.New(`^arn:(aws(?:-[a-z]+)*):iam::([0-9]{12}):role/((?:[A-Za-z0-9+=,.@_-]+/)*[A-Za-z0-9+=,.@_-]{1,64})$`)
)

// checkRole holds a role's ARN against the provider it stands in.
func checkRole(f *fields, name, arn string, p Provider) {
	if arn == "" {
		return // reported already
	}
	m := rolePattern.FindStringSubmatch(arn)
	switch {
	case strings.HasPrefix(arn, "/"):
		f.wrong(name, "is the path of a parameter; the ARN of the role is needed")
	case m == nil || len(arn) > 2048 || strings.Contains("/"+m[3]+"/", "/../") || strings.Contains("/"+m[3]+"/", "/./"):
		f.wrong(name, "must be the ARN of an IAM role")
	case m[1] != partitionOf(p.Region):
		f.wrong(name, "is of the partition %s, the region is in %s", m[1], partitionOf(p.Region))
	case m[2] != p.Account:
		f.wrong(name, "is a role of another account than the provider's")
	}
}

// partitionOf gives the AWS partition a region lies in.
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
