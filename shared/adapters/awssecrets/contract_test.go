package awssecrets_test

import (
	"context"
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/adapters/awssecrets"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects/secrettest"
)

// TestSecretContract holds the adapter to the contract on what SLIPWAY_AWS_ENDPOINT points
// to, ministack for example.
func TestSecretContract(t *testing.T) {
	t.Parallel()
	endpoint := os.Getenv("SLIPWAY_AWS_ENDPOINT")
	if endpoint == "" {
		t.Skip("SKIPPED: SLIPWAY_AWS_ENDPOINT does not point to an AWS to try Secrets Manager on")
	}
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: &endpoint, HTTPClient: &http.Client{},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	s, err := awssecrets.New(awssecrets.Config{AWS: cfg, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	secrettest.Run(t, secrettest.Harness{Store: s, Value: func(ctx context.Context, region, arn string) (string, error) {
		in := cfg.Copy()
		in.Region = region
		out, err := secretsmanager.NewFromConfig(in).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn})
		if err != nil {
			return "", awserr.Wrap("the value can't be read", err)
		}
		return aws.ToString(out.SecretString), nil
	}})
}
