package aws

import (
	"context"
	"net/url"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

type object = map[string]any

// acting gives calls to a service in the role of a function. On AWS nobody but Lambda gets
// that role; here the account's root user does.
func (s *stack) acting(t *testing.T, function, service string) *awsclient.Calls {
	t.Helper()
	var got struct {
		ID     string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
		Secret string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
		Token  string `xml:"AssumeRoleResult>Credentials>SessionToken"`
	}
	form := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleSessionName": {"bounds"},
		"RoleArn": {"arn:aws:iam::" + platformAccount + ":role/" + s.role(t, function)}}
	if err := s.service(t, "sts", platformAccount, s.account.Region).Query(t.Context(), form, &got); err != nil {
		t.Fatal(err)
	}
	cfg := s.account.Copy()
	cfg.Credentials = sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
		return sdk.Credentials{AccessKeyID: got.ID, SecretAccessKey: got.Secret, SessionToken: got.Token}, nil
	})
	calls, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: cfg, Service: service, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// harmonixBounds calls AWS in the role of the function that creates: it makes, fills and
// deletes secrets that carry a mark, and reaches no others; it reads what templates may.
func harmonixBounds(t *testing.T, s *stack) {
	if !s.enforced {
		t.Skip("SKIPPED: without IAM everything is allowed")
	}
	secrets, parameters, tokens := s.acting(t, "creation", "secretsmanager"), s.acting(t, "creation", "ssm"), s.acting(t, "creation", "sts")
	mark := []object{{"Key": "slipway:operation", "Value": "bounds"}}
	own, other := s.name+"/gitlab-read", "somebody-elses"
	theirs := s.service(t, "secretsmanager", platformAccount, s.account.Region)
	if err := theirs.JSON(t.Context(), "secretsmanager.CreateSecret", object{"Name": other, "SecretString": "x"}, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what    string
		calls   *awsclient.Calls
		target  string
		in      object
		allowed bool
	}{
		{"making a secret without a mark", secrets, "secretsmanager.CreateSecret", object{"Name": "unmarked"}, false},
		{"making one with a mark", secrets, "secretsmanager.CreateSecret", object{"Name": "marked", "Tags": mark}, true},
		{"filling it", secrets, "secretsmanager.PutSecretValue", object{"SecretId": "marked", "SecretString": "v"}, true},
		{"reading what it holds", secrets, "secretsmanager.GetSecretValue", object{"SecretId": "marked"}, false},
		{"filling somebody else's", secrets, "secretsmanager.PutSecretValue", object{"SecretId": other, "SecretString": "v"}, false},
		{"deleting somebody else's", secrets, "secretsmanager.DeleteSecret", object{"SecretId": other}, false},
		{"taking the mark off", secrets, "secretsmanager.UntagResource", object{"SecretId": "marked", "TagKeys": []string{"slipway:operation"}}, false},
		{"filling one of the stack's own", secrets, "secretsmanager.PutSecretValue", object{"SecretId": own, "SecretString": "v"}, false},
		{"marking one of the stack's own", secrets, "secretsmanager.TagResource", object{"SecretId": own, "Tags": mark}, false},
		{"deleting its own", secrets, "secretsmanager.DeleteSecret", object{"SecretId": "marked", "ForceDeleteWithoutRecovery": true}, true},
		{"reading the platform's parameters", parameters, "AmazonSSM.GetParameters", object{"Names": []string{"/opa/pipeline-role"}}, true},
		{"reading others", parameters, "AmazonSSM.GetParameters", object{"Names": []string{"/opa/pipeline-role", "/other/x"}}, false},
		{"listing them", parameters, "AmazonSSM.GetParametersByPath", object{"Path": "/opa"}, false},
	} {
		s.mustBeBound(t, c.what, c.calls.JSON(t.Context(), c.target, c.in, nil), c.allowed)
	}
	s.mustAssumeOnly(t, tokens)
	s.mustNotBeAsked(t, secrets, tokens)
}

const open = "open-operations-role"

func assume(account, role string) url.Values {
	return url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleSessionName": {"bounds"}, "RoleArn": {"arn:aws:iam::" + account + ":role/" + role},
		"SourceIdentity": {"bounds"}, "Tags.member.1.Key": {"slipway:operation"}, "Tags.member.1.Value": {"bounds"}}
}

// mustAssumeOnly tries roles that let everybody in.
func (s *stack) mustAssumeOnly(t *testing.T, tokens *awsclient.Calls) {
	t.Helper()
	const anybody = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}]}`
	for _, c := range []struct {
		account, role string
		allowed       bool
	}{
		{elsewhere, open, true},
		{elsewhere, "administrator", false},
		{"444444444444", open, false},
	} {
		s.makeRole(t, c.account, c.role, anybody)
		s.mustBeBound(t, "acting as "+c.role+" of "+c.account, tokens.Query(t.Context(), assume(c.account, c.role), &struct{}{}), c.allowed)
	}
}

// mustNotBeAsked shows which rights the emulator gives away: on AWS each of these calls fails
// without the right. test/template holds that the role has them.
func (s *stack) mustNotBeAsked(t *testing.T, secrets, tokens *awsclient.Calls) {
	t.Helper()
	for right, call := range map[string]func() error{
		"secretsmanager:TagResource": func() error {
			in := object{"Name": "unasked", "Tags": []object{{"Key": "slipway:operation", "Value": "bounds"}}}
			return secrets.JSON(t.Context(), "secretsmanager.CreateSecret", in, nil)
		},
		"sts:TagSession":        func() error { return tokens.Query(t.Context(), assume(elsewhere, open), &struct{}{}) },
		"sts:SetSourceIdentity": func() error { return tokens.Query(t.Context(), assume(elsewhere, open), &struct{}{}) },
	} {
		restore := s.withhold(t, "creation", right)
		err := call()
		restore()
		if err != nil {
			t.Errorf("the emulator asks for %s now, which belongs among the permissions that are needed: %v", right, err)
		}
	}
}

func (s *stack) mustBeBound(t *testing.T, what string, err error, allowed bool) {
	t.Helper()
	if allowed && err != nil || !allowed && awserr.Kind(err) != errs.Forbidden {
		t.Errorf("%s: allowed %v, but %v", what, allowed, err)
	}
}
