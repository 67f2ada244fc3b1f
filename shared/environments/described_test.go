package environments_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// described has an environment as Harmonix's pipelines leave it.
func described() shelf {
	s := shelf{}
	s.add("AWSEnvironment", "pay", map[string]any{"shortName": "p a y", "environmentType": "ecs", "level": 3.0, "deploymentRequiresApproval": "true"},
		map[string]any{"dependsOn": []any{"awsenvironmentprovider:default/ecs-eu", "awsenvironmentprovider:default/slim"}})
	s.add("AWSEnvironmentProvider", "ecs-eu", map[string]any{
		"prefix": "opa", "envType": "ecs", "awsAccount": dev, "awsRegion": "eu-west-1", "vpc": "/opa/ecs-eu/vpc", "clusterName": "/opa/ecs-eu/ecs-cluster",
		"operationRole": "/opa/ecs-eu/operations-role-arn", "provisioningRole": "/opa/ecs-eu/provisioning-role-arn",
	}, nil)
	s.provider("slim", qa, "awsRegion", "cn-north-1", "provisioningRole", "arn:aws-cn:iam::"+qa+":role/p", "operationRole", "arn:aws-cn:iam::"+qa+":role/o")
	return s
}

func TestADescribedEnvironment(t *testing.T) {
	t.Parallel()
	got, err := resolver(t, described()).Describe(t.Context(), "AWSEnvironment:pay")
	if err != nil {
		t.Fatal(err)
	}
	ecs := environments.Site{
		Ref: "awsenvironmentprovider:default/ecs-eu", Name: "ecs-eu", Type: "ecs", Prefix: "opa", Account: dev, Region: "eu-west-1",
		OperationsRole: "arn:aws:iam::" + dev + ":role/opa-ecs-eu-operations-role",
		VPC:            "/opa/ecs-eu/vpc", Cluster: "/opa/ecs-eu/ecs-cluster", ProvisioningRole: "/opa/ecs-eu/provisioning-role-arn",
	}
	slim := environments.Site{
		Ref: "awsenvironmentprovider:default/slim", Name: "slim", Type: "serverless", Account: qa, Region: "cn-north-1",
		OperationsRole: "arn:aws-cn:iam::" + qa + ":role/o", ProvisioningRole: "arn:aws-cn:iam::" + qa + ":role/p",
	}
	want := environments.Described{Ref: "awsenvironment:default/pay", Name: "pay", ShortName: "pay", RequiresApproval: true, Providers: []environments.Site{ecs, slim}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	site, err := resolver(t, described()).Site(t.Context(), "ecs-eu", dev, "eu-west-1")
	if diff := cmp.Diff(ecs, site); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestWhatCannotBeDescribed(t *testing.T) {
	t.Parallel()
	s := described()
	s.add("AWSEnvironment", "lonely", nil, nil)
	s.add("AWSEnvironment", "lost", nil, map[string]any{"dependsOn": []any{"gone"}})
	s.add("AWSEnvironment", "odd", nil, map[string]any{"dependsOn": []any{"unfinished"}})
	s.add("AWSEnvironmentProvider", "unfinished", map[string]any{"envType": "eks", "awsAccount": "999999999999", "awsRegion": "eu-west-1", "vpc": "", "provisioningRole": ""}, nil)
	for ref, want := range map[string][]string{
		"nowhere":            {"there is no awsenvironment:default/nowhere in the catalog"},
		"component:pay":      {"component:default/pay is not an environment"},
		"a b":                {"is not an entity ref"},
		"lonely":             {"has no environment provider"},
		"default/lost":       {"there is no awsenvironmentprovider:default/gone"},
		"awsenvironment:odd": {"vpc is missing", "clusterName is missing", "provisioningRole is missing", "999999999999 is not among the accounts", "prefix is missing"},
	} {
		_, err := resolver(t, s).Describe(t.Context(), ref)
		for _, text := range want {
			if !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), text) {
				t.Errorf("%s: %v, want %q", ref, err, text)
			}
		}
	}
}

// Whoever names a provider gets the one of the catalog, or nothing: not another account, no
// role made up of a name.
func TestSitesAreThoseOfTheCatalog(t *testing.T) {
	t.Parallel()
	s := described()
	s.add("AWSEnvironmentProvider", "sly", map[string]any{"prefix": "x/../admin", "envType": "serverless", "awsAccount": dev, "awsRegion": "eu-west-1", "provisioningRole": "/p"}, nil)
	for _, c := range [][3]string{
		{"ecs-eu", qa, "eu-west-1"}, {"ecs-eu", dev, "us-east-1"}, {"ecs", dev, "eu-west-1"}, {"", "", ""}, {"sly", dev, "eu-west-1"},
	} {
		if site, err := resolver(t, s).Site(t.Context(), c[0], c[1], c[2]); !errors.Is(err, errs.Invalid) {
			t.Errorf("%v gives %+v, %v", c, site, err)
		}
	}
}
