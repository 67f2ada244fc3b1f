package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// harmonixTemplate uses everything of Harmonix that reaches AWS, under one of its names.
const harmonixTemplate = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: %[1]s-app}
spec:
  type: service
  owner: group:default/platform
  parameters:
    - required: [name]
      properties:
        name: {type: string, pattern: '^[a-z0-9-]+$'}
        seconds: {type: number, default: 0}
  steps:
    - {id: platform, name: Where the platform runs, action: '%[1]s:get-platform-metadata'}
    - {id: params, name: Its parameters, action: '%[1]s:get-platform-parameters', input: {paramKeys: [/opa/pipeline-role, /opa/registry-key]}}
    - {id: env, name: Where it will run, action: '%[1]s:get-env-providers', input: {environmentRef: 'awsenvironment:default/pay'}}
    - {id: noted, name: What is noted there, action: '%[1]s:get-ssm-parameters', input: {paramKeys: [/opa/pay-eu/zone], envProviders: '${{ steps.env.output.envProviders }}'}}
    - {id: info, name: Its name, action: '%[1]s:get-component-info', input: {componentName: '${{ parameters.name }}'}}
    - id: secret
      name: A place for the token
      action: '%[1]s:create-secret'
      input: {secretName: 'aws-apps-${{ parameters.name }}', tags: [{Key: application, Value: '${{ parameters.name }}'}]}
    - {id: fetch, name: Render, action: 'fetch:template', input: {url: ./skeleton, values: {name: '${{ steps.info.output.kebabCaseComponentName }}'}}}
    - id: settings
      name: Settings of the providers
      each: ${{ steps.env.output.envProviders }}
      action: '%[1]s:fs:write'
      input:
        path: ${{ each.value.envProviderName }}.properties
        content: |
          PLATFORM=${{ steps.platform.output.platformRegion }} ${{ steps.params.output.params['/opa/pipeline-role'] }}
          PLACE=${{ each.value.accountId }} ${{ each.value.region }} ${{ each.value.vpcId }} ${{ each.value.clusterArn }}
          ZONE=${{ steps.noted.output.params[each.value.envProviderName]['/opa/pay-eu/zone'] }}
    - {id: publish, name: Publish, action: 'publish:gitlab', input: {repoUrl: '%[2]s?owner=apps&repo=${{ parameters.name }}', defaultBranch: main}}
    - id: token
      name: A token for pipelines
      action: '%[1]s:createRepoAccessToken:gitlab'
      input:
        repoUrl: '%[2]s?owner=apps&repo=${{ parameters.name }}'
        projectId: ${{ steps.publish.output.projectId }}
        secretArn: ${{ steps.secret.output.awsSecretArn }}
    - id: key
      name: Hand over the key
      action: gitlab:projectVariable:create
      input:
        repoUrl: '%[2]s?owner=apps&repo=${{ parameters.name }}'
        projectId: ${{ steps.publish.output.projectId }}
        key: REGISTRY_KEY
        value: ${{ steps.params.output.params['/opa/registry-key'] }}
        masked: true
    - {id: say, name: Say, action: 'debug:log', input: {message: 'the key is ${{ steps.params.output.params["/opa/registry-key"] }}'}}
    - {id: wait, name: Wait, action: 'debug:wait', input: {seconds: '${{ parameters.seconds }}'}}
    - {id: register, name: Register, action: 'catalog:register', input: {repoContentsUrl: '${{ steps.publish.output.repoContentsUrl }}'}}
  output:
    links:
      - {title: Open in catalog, entityRef: '${{ steps.register.output.entityRef }}'}
`

// harmonixPlace is an environment as Harmonix's pipelines describe it, in an account that is
// not the platform's.
const harmonixPlace = `apiVersion: aws.backstage.io/v1alpha
kind: AWSEnvironmentProvider
metadata: {name: pay-eu, prefix: opa, envType: ecs, awsAccount: "%[1]s", awsRegion: %[2]s, vpc: /opa/pay-eu/vpc, clusterName: /opa/pay-eu/cluster, provisioningRole: /opa/pay-eu/provisioning-role}
spec: {type: environment-provider, lifecycle: experimental, owner: group:default/platform}
---
apiVersion: aws.backstage.io/v1alpha
kind: AWSEnvironment
metadata: {name: pay, shortName: pay, environmentType: ecs, level: 9}
spec: {type: environment, lifecycle: experimental, owner: group:default/platform, dependsOn: ["awsenvironmentprovider:default/pay-eu"]}
`

// What is kept in the accounts.
const (
	elsewhere   = "222222222222"
	farRegion   = "eu-central-1"
	externalID  = "e2e-external-id"
	registryKey = "R3gistryK3yThatIsKeptEncrypted"
)

// families are both names of Harmonix's actions.
func families() []string { return []string{"harmonix", "opa"} }

// service gives calls to a service as the root user of an account.
func (s *stack) service(t *testing.T, service, account, region string) *awsclient.Calls {
	t.Helper()
	calls, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: s.rootOf(account, region), Service: service, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// rootOf gives who may do everything in an account: its number is the key of its root user.
func (s *stack) rootOf(account, region string) sdk.Config {
	cfg := s.account.Copy()
	cfg.Region = region
	cfg.Credentials = sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
		return sdk.Credentials{AccessKeyID: account, SecretAccessKey: "test"}, nil
	})
	return cfg
}

// note puts parameters into an account.
func (s *stack) note(t *testing.T, account, region, kind string, values map[string]string) {
	t.Helper()
	for name, value := range values {
		in := map[string]any{"Name": name, "Value": value, "Type": kind, "Overwrite": true}
		if err := s.service(t, "ssm", account, region).JSON(t.Context(), "AmazonSSM.PutParameter", in, nil); err != nil {
			t.Fatal(err)
		}
	}
}

const platformAccount = "000000000000"

// furnish gives the accounts what the templates read there, and the role that they are read
// with: it asks for the external id, and for the tags that say who and why.
func (s *stack) furnish(t *testing.T) {
	t.Helper()
	s.note(t, platformAccount, s.account.Region, "String", map[string]string{"/opa/pipeline-role": "the pipelines' role"})
	s.note(t, platformAccount, s.account.Region, "SecureString", map[string]string{"/opa/registry-key": registryKey})
	s.note(t, elsewhere, farRegion, "String", map[string]string{
		"/opa/pay-eu/vpc": "vpc-1", "/opa/pay-eu/vpc/public-subnets": "subnet-1,subnet-2", "/opa/pay-eu/vpc/private-subnets": "subnet-3",
		"/opa/pay-eu/cluster": "arn:of:the:cluster", "/opa/pay-eu/provisioning-role": "arn:of:the:role", "/opa/pay-eu/zone": "pay.example.com",
	})
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},
"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],
"Condition":{"StringEquals":{"sts:ExternalId":%q,"aws:RequestTag/slipway:actor":"user:default/breanna"},"Null":{"aws:RequestTag/slipway:operation":"false"}}}]}`,
		platformAccount, externalID)
	may := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:GetParameters","Resource":"arn:aws:ssm:%s:%s:parameter/opa/*"}]}`, farRegion, elsewhere)
	const name = "opa-pay-eu-operations-role"
	in := &iam.PutRolePolicyInput{RoleName: sdk.String(name), PolicyName: sdk.String("read"), PolicyDocument: &may}
	if _, err := s.makeRole(t, elsewhere, name, trust).PutRolePolicy(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// makeRole makes a role of an account and gives what can change it.
func (s *stack) makeRole(t *testing.T, account, name, trust string) *iam.Client {
	t.Helper()
	roles := iam.NewFromConfig(s.rootOf(account, "us-east-1"))
	if _, err := roles.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}); err != nil {
		t.Fatal(err)
	}
	return roles
}

// addHarmonix adds the templates and the environment.
func (s *stack) addHarmonix(t *testing.T) {
	t.Helper()
	const place = "harmonix/place.yaml"
	files := map[string]string{place: fmt.Sprintf(harmonixPlace, elsewhere, farRegion), "harmonix/skeleton/catalog-info.yaml": guardedSkeleton}
	registered := []string{place}
	for _, family := range families() {
		name := "harmonix/" + family + ".yaml"
		files[name], registered = fmt.Sprintf(harmonixTemplate, family, s.host()), append(registered, name)
	}
	s.addTemplates(t, files, registered...)
}

// kept is a secret of Secrets Manager.
type kept struct {
	ARN  string
	Tags []struct{ Key, Value string }
}

// secret looks for a secret of the platform's account; NotFound when there is none.
func (s *stack) secret(t *testing.T, name string) (found kept, err error) {
	t.Helper()
	err = s.service(t, "secretsmanager", platformAccount, s.account.Region).JSON(t.Context(), "secretsmanager.DescribeSecret", map[string]string{"SecretId": name}, &found)
	if awserr.Kind(err) == errs.NotFound {
		return found, errs.NotFound
	}
	if err != nil {
		t.Fatal(err)
	}
	return found, nil
}

// value gives the present value of a secret.
func (s *stack) value(t *testing.T, name string) string {
	t.Helper()
	var got struct{ SecretString string }
	err := s.service(t, "secretsmanager", platformAccount, s.account.Region).JSON(t.Context(), "secretsmanager.GetSecretValue", map[string]string{"SecretId": name}, &got)
	if err != nil || got.SecretString == "" {
		t.Fatalf("the secret %s holds nothing: %v", name, err)
	}
	return got.SecretString
}

// startHarmonix starts a task of each family and gives their ids.
func (s *stack) startHarmonix(t *testing.T, suffix string, seconds int) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, family := range families() {
		ids[family] = s.start(t, family+"-app", family+suffix, seconds)
	}
	return ids
}

// runHarmonix runs a template of each family: what it puts into AWS and reads there is what
// a user expects, and its secrets are nowhere else.
func runHarmonix(t *testing.T, s *stack) {
	s.furnish(t)
	s.addHarmonix(t)
	ids, secrets := s.startHarmonix(t, "-1", 0), []string{registryKey}
	for family, id := range ids {
		name := family + "-1"
		all := s.until(t, id, completed)
		if last := all[len(all)-1]; last.Body.Error != nil {
			t.Fatalf("%s ended with %s", family, last.Body.Error.Message)
		}
		s.mustBeKept(t, name, id)
		s.mustBeWritten(t, name)
		secrets = append(secrets, s.mustWork(t, name))
	}
	s.nowhereInClear(t, secrets, "parameter-", slices.Collect(maps.Values(ids))...)
}

// mustWork makes sure that the secret of a task holds a token of its project, and gives it.
func (s *stack) mustWork(t *testing.T, name string) (token string) {
	t.Helper()
	token = s.value(t, "aws-apps-"+name)
	(&portal{base: s.gitlabURL, token: token}).must(t, http.StatusOK, http.MethodGet, "/api/v4/projects/apps%2F"+name, nil)
	return token
}

// mustBeKept looks whether the secret of a task has its tags.
func (s *stack) mustBeKept(t *testing.T, name, id string) {
	t.Helper()
	found, err := s.secret(t, "aws-apps-"+name)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct{ Key, Value string }{{"application", name}, {"slipway:operation", id}} {
		if !slices.Contains(found.Tags, want) {
			t.Errorf("the secret of %s has the tags %v", name, found.Tags)
		}
	}
}

// mustBeWritten looks for what was read of AWS where the template writes it.
func (s *stack) mustBeWritten(t *testing.T, name string) {
	t.Helper()
	host := &portal{base: s.gitlabURL, token: writeToken}
	got := host.must(t, http.StatusOK, http.MethodGet, "/api/v4/projects/apps%2F"+name+"/repository/files/pay-eu.properties/raw?ref=main", nil)
	want := "PLATFORM=us-east-1 the pipelines' role\nPLACE=222222222222 eu-central-1 vpc-1 arn:of:the:cluster\nZONE=pay.example.com\n"
	if string(got.Body) != want {
		t.Errorf("%s was given %s", name, got.Body)
	}
	var variable struct{ Value string }
	host.must(t, http.StatusOK, http.MethodGet, "/api/v4/projects/apps%2F"+name+"/variables/REGISTRY_KEY", nil).into(t, &variable)
	if variable.Value != registryKey {
		t.Errorf("the key of %s is %q", name, variable.Value)
	}
}

// cancelHarmonix cancels a task of each family when all is made: secret and token go.
func cancelHarmonix(t *testing.T, s *stack) {
	ids, secrets := s.startHarmonix(t, "-2", 120), []string{registryKey}
	for family, id := range ids {
		s.until(t, id, waiting)
		secrets = append(secrets, s.mustWork(t, family+"-2"))
		s.portal.must(t, http.StatusOK, http.MethodPost, "/api/scaffolder/v2/tasks/"+id+"/cancel", nil)
	}
	for family, id := range ids {
		s.until(t, id, completed)
		if o := s.operation(t, id); o.Status != operations.Failed {
			t.Errorf("%s ended as %s: %+v", family, o.Status, o.Problem)
		}
		s.mustBeGone(t, family+"-2")
	}
	for _, token := range secrets[1:] {
		(&portal{base: s.gitlabURL, token: token}).must(t, http.StatusUnauthorized, http.MethodGet, "/api/v4/user", nil)
	}
	s.nowhereInClear(t, secrets, "parameter-", slices.Collect(maps.Values(ids))...)
}

// mustBeGone makes sure that nothing of a task is left, in GitLab or AWS.
func (s *stack) mustBeGone(t *testing.T, name string) {
	t.Helper()
	s.mustBeClean(t, name)
	if found, err := s.secret(t, "aws-apps-"+name); !errors.Is(err, errs.NotFound) {
		t.Errorf("a secret is left: %+v", found)
	}
}
