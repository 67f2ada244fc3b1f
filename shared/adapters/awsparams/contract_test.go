package awsparams_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/slipwayhq/slipway/shared/adapters/assumerole"
	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awsparams"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions/parametertest"
)

const region = "eu-west-1"

// TestParameterContract holds the adapter to the contract on what SLIPWAY_AWS_ENDPOINT
// points to, ministack for example: once with the role it has, once with one it assumes.
func TestParameterContract(t *testing.T) {
	t.Parallel()
	endpoint := os.Getenv("SLIPWAY_AWS_ENDPOINT")
	if endpoint == "" {
		t.Skip("SKIPPED: SLIPWAY_AWS_ENDPOINT does not point to an AWS to try the parameter store on")
	}
	cfg := aws.Config{
		Region: region, BaseEndpoint: &endpoint, HTTPClient: &http.Client{},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	fill(t, cfg)
	roles, err := assumerole.New(assumerole.Config{AWS: cfg, Clock: clock.System{}, ExternalID: "slipway"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := awsparams.New(awsparams.Config{AWS: cfg, Roles: roles, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	by := operations.Ref{ID: "01jd-contract", Actor: "user:default/ann"}
	for name, role := range map[string]string{"its own role": "", "an assumed role": "arn:aws:iam::000000000000:role/contract-operations-role"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := actions.Place{Account: "000000000000", Region: region, Role: role, Operation: by}
			elsewhere := at
			elsewhere.Region = "eu-central-1"
			parametertest.Run(t, parametertest.Harness{Parameters: s, Place: at, Empty: elsewhere})
		})
	}
}

// fill puts the contract's content into the account.
func fill(t *testing.T, cfg aws.Config) {
	t.Helper()
	calls, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: cfg, Service: "ssm", Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range parametertest.Content() {
		kind := "String"
		if p.Secret {
			kind = "SecureString"
		}
		if err := calls.JSON(t.Context(), "AmazonSSM.PutParameter", map[string]any{"Name": name, "Value": p.Value, "Type": kind, "Overwrite": true}, nil); err != nil {
			t.Fatalf("putting %s: %v", name, err)
		}
	}
}
