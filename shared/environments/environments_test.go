package environments_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// shelf holds entities by ref.
type shelf map[string]entity.Entity

func (s shelf) Entity(_ context.Context, ref string) (entity.Entity, error) {
	e, ok := s[ref]
	if !ok {
		return e, errs.New(errs.NotFound, "no "+ref)
	}
	return e, nil
}

func (s shelf) OfKind(_ context.Context, kind string) (out []entity.Entity, err error) {
	for _, e := range s {
		if strings.EqualFold(e.Kind, kind) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (s shelf) add(kind, name string, metadata, spec map[string]any) {
	e := entity.Entity{APIVersion: "aws.backstage.io/v1alpha", Kind: kind, Metadata: map[string]any{"name": name}, Spec: spec}
	maps.Copy(e.Metadata, metadata)
	s[e.Ref().String()] = e
}

func (s shelf) environment(name string, level any, providers ...any) {
	s.add("AWSEnvironment", name, map[string]any{"shortName": name, "environmentType": "serverless", "level": level,
		"deploymentRequiresApproval": level == 3.0}, map[string]any{"dependsOn": providers})
}

func (s shelf) provider(name, account string, change ...any) {
	metadata := map[string]any{"envType": "serverless", "awsAccount": account, "awsRegion": "eu-west-1",
		"provisioningRole": "arn:aws:iam::" + account + ":role/slipway/provisioning", "operationRole": "arn:aws:iam::" + account + ":role/operations"}
	for i := 0; i+1 < len(change); i += 2 {
		metadata[change[i].(string)] = change[i+1]
	}
	s.add("AWSEnvironmentProvider", name, metadata, nil)
}

const dev, qa, prod = "111122223333", "222233334444", "333344445555"

func threeStages() shelf {
	s := shelf{}
	s.environment("prod", 3.0, "AWSEnvironmentProvider:default/p-prod")
	s.environment("dev", 1.0, "awsenvironmentprovider:default/p-dev", "system:default/ignored")
	s.environment("qa", "2", "p-qa")
	s.provider("p-dev", dev)
	s.provider("p-qa", qa)
	s.provider("p-prod", prod)
	return s
}

func resolver(t *testing.T, s shelf) *environments.Resolver {
	t.Helper()
	r, err := environments.New(environments.Config{Catalog: s, Accounts: []string{dev, qa, prod}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEnvironmentsComeInOrderOfPromotion(t *testing.T) {
	t.Parallel()
	got, err := resolver(t, threeStages()).Resolve(context.Background(), []string{"prod", "awsenvironment:default/dev", "AWSEnvironment:QA"})
	if err != nil {
		t.Fatal(err)
	}
	want := func(name string, level int, account string) environments.Environment {
		return environments.Environment{
			Ref: "awsenvironment:default/" + name, Name: name, ShortName: name, Type: "serverless", Level: level, RequiresApproval: level == 3,
			Providers: []environments.Provider{{
				Ref: "awsenvironmentprovider:default/p-" + name, Name: "p-" + name, Type: "serverless", Account: account, Region: "eu-west-1",
				ProvisioningRole: "arn:aws:iam::" + account + ":role/slipway/provisioning", OperationsRole: "arn:aws:iam::" + account + ":role/operations",
			}},
		}
	}
	if diff := cmp.Diff([]environments.Environment{want("dev", 1, dev), want("qa", 2, qa), want("prod", 3, prod)}, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestEverythingWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	s := threeStages()
	s.environment("empty", 4.0)
	s.environment("lost", 5.0, "p-gone")
	s.environment("second-dev", 1.0, "p-dev")
	s.environment("odd", -1.0, "p-odd")
	s.provider("p-odd", "123", "awsRegion", "mars", "envType", nil, "operationRole", 7.0)
	_, err := resolver(t, s).Resolve(context.Background(), []string{"nope", "component:default/x", "a b", "dev", "second-dev", "dev", "empty", "lost", "odd"})
	var got []string
	for _, f := range errs.Fields(err) {
		got = append(got, f.Pointer+" "+f.Message)
	}
	want := []string{
		"/0 there is no awsenvironment:default/nope in the catalog",
		"/1 component:default/x is not an environment",
		`/2 "a b" is not an entity ref of the form [kind:][namespace/]name`,
		"/4 awsenvironment:default/second-dev has the same level 1 as awsenvironment:default/dev: which comes first is open",
		"/5 awsenvironment:default/dev is there twice",
		"/6 awsenvironment:default/empty has no environment provider in spec.dependsOn",
		"/7 there is no awsenvironmentprovider:default/p-gone in the catalog",
		"/8 awsenvironment:default/odd: level must be a whole number from 0 to 1000",
		"/8 awsenvironmentprovider:default/p-odd: envType is missing",
		"/8 awsenvironmentprovider:default/p-odd: operationRole must be a string",
		"/8 awsenvironmentprovider:default/p-odd: awsAccount must be 12 digits, in quotes",
		"/8 awsenvironmentprovider:default/p-odd: awsRegion must be a region such as eu-west-1",
		"/8 awsenvironmentprovider:default/p-odd: provisioningRole must be the ARN of an IAM role",
	}
	if diff := cmp.Diff(want, got); diff != "" || !errors.Is(err, errs.Invalid) {
		t.Fatal(err, diff)
	}
}

// The role, the account and the region of a provider decide where Slipway acts: each odd
// value must be refused.
func TestProvidersThatReachElsewhere(t *testing.T) {
	t.Parallel()
	role := "arn:aws:iam::" + dev + ":role/"
	for name, c := range map[string]struct{ field, value, want string }{
		"an account not listed":   {"awsAccount", "999999999999", "is not among the accounts"},
		"a short account":         {"awsAccount", "11112222333", "must be 12 digits"},
		"an account with a tail":  {"awsAccount", dev + "\n", "must be 12 digits"},
		"Arabic digits":           {"awsAccount", "١١١١٢٢٢٢٣٣٣٣", "must be 12 digits"},
		"a region not listed":     {"awsRegion", "us-east-1", "is not among the regions"},
		"a region of nowhere":     {"awsRegion", "eu-west-1.evil.example", "must be a region"},
		"another account's role":  {"provisioningRole", "arn:aws:iam::" + qa + ":role/x", "another account"},
		"another partition":       {"provisioningRole", "arn:aws-cn:iam::" + dev + ":role/x", "partition"},
		"another service":         {"provisioningRole", "arn:aws:sts::" + dev + ":role/x", "must be the ARN of an IAM role"},
		"a user":                  {"provisioningRole", "arn:aws:iam::" + dev + ":user/x", "must be the ARN of an IAM role"},
		"the root":                {"operationRole", "arn:aws:iam::" + dev + ":root", "must be the ARN of an IAM role"},
		"no name":                 {"operationRole", role, "must be the ARN of an IAM role"},
		"a path that climbs":      {"operationRole", role + "a/../b", "must be the ARN of an IAM role"},
		"a doubled slash":         {"operationRole", role + "a//b", "must be the ARN of an IAM role"},
		"a blank":                 {"operationRole", role + "a b", "must be the ARN of an IAM role"},
		"a line break":            {"operationRole", role + "a\n", "must be the ARN of an IAM role"},
		"a wildcard":              {"operationRole", role + "*", "must be the ARN of an IAM role"},
		"a long name":             {"operationRole", role + strings.Repeat("a", 65), "must be the ARN of an IAM role"},
		"a parameter's path":      {"operationRole", "/opa/p/operations-role", "is the path of a parameter"},
		"the ARN in a longer one": {"operationRole", "x" + role + "a", "must be the ARN of an IAM role"},
		"another kind of runtime": {"envType", "ecs", "is for ecs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := threeStages()
			s.provider("p-dev", dev, c.field, c.value)
			r, err := environments.New(environments.Config{Catalog: s, Accounts: []string{dev, qa, prod}, Regions: []string{"eu-west-1"}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Resolve(context.Background(), []string{"dev"})
			fields := errs.Fields(err)
			if len(fields) == 0 || !strings.Contains(fields[0].Message, c.want) || fields[0].Pointer != "/0" {
				t.Fatalf("%v %v, want %q", err, fields, c.want)
			}
		})
	}
}

func TestApprovalAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value any
		want  bool
		bad   bool
	}{
		{value: nil}, {value: false}, {value: "false"}, {value: "False "}, {value: ""},
		{value: true, want: true}, {value: "true", want: true}, {value: "TRUE", want: true},
		{value: "no", bad: true}, {value: 0.0, bad: true}, {value: []any{}, bad: true},
	} {
		s := threeStages()
		s["awsenvironment:default/dev"].Metadata["deploymentRequiresApproval"] = c.value
		got, err := resolver(t, s).Resolve(context.Background(), []string{"dev"})
		if (err != nil) != c.bad {
			t.Errorf("%#v: %v", c.value, err)
		}
		if err == nil && got[0].RequiresApproval != c.want {
			t.Errorf("%#v: requires approval: %t", c.value, got[0].RequiresApproval)
		}
	}
}

func TestAnAccountWithoutQuotes(t *testing.T) {
	t.Parallel()
	s := threeStages()
	s["awsenvironmentprovider:default/p-dev"].Metadata["awsAccount"] = 111122223333.0
	got, err := resolver(t, s).Resolve(context.Background(), []string{"dev"})
	if err != nil || got[0].Providers[0].Account != dev {
		t.Fatal(got, err)
	}
}

func TestTheListShowsWhatCantBeUsed(t *testing.T) {
	t.Parallel()
	s := threeStages()
	s.environment("broken", 2.0, "p-gone")
	got, err := resolver(t, s).List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range got {
		lines = append(lines, strings.Join(append([]string{l.Name}, l.Problems...), ": "))
	}
	want := []string{"dev", "broken: there is no awsenvironmentprovider:default/p-gone in the catalog", "qa", "prod"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Fatal(diff)
	}
}

func TestACatalogThatDoesNotAnswerIsNoProblemOfTheEnvironment(t *testing.T) {
	t.Parallel()
	r, err := environments.New(environments.Config{Catalog: silent{}, Accounts: []string{dev}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Resolve(context.Background(), []string{"dev"}); !errors.Is(err, errs.Unavailable) {
		t.Fatal(err)
	}
	for _, n := range []int{0, 21} {
		if _, err := r.Resolve(context.Background(), make([]string, n)); !errors.Is(err, errs.Invalid) {
			t.Fatalf("%d refs: %v", n, err)
		}
	}
}

type silent struct{ shelf }

func (silent) Entity(context.Context, string) (entity.Entity, error) {
	return entity.Entity{}, errs.New(errs.Unavailable, "no answer")
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	for _, c := range []environments.Config{{}, {Catalog: shelf{}}, {Accounts: []string{dev}}, {Catalog: shelf{}, Accounts: []string{"*"}}} {
		if _, err := environments.New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
