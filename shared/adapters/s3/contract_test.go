package s3

import (
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/blob/blobtest"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

func TestBlobContract(t *testing.T) {
	t.Parallel()
	endpoint := os.Getenv("SLIPWAY_S3_ENDPOINT")
	if endpoint == "" {
		t.Skip("SLIPWAY_S3_ENDPOINT is not set: start an emulator of S3 and name its endpoint")
	}
	blobtest.Run(t, func(t *testing.T) blob.Store {
		s, err := New(Config{
			AWS: aws.Config{
				BaseEndpoint: &endpoint, Region: "us-east-1", HTTPClient: &http.Client{Transport: &http.Transport{}},
				Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
			},
			Bucket: "contract-" + ids.Random{}.New(), Clock: clock.System{}, IDs: &ids.Sequence{Prefix: "call"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.client.do(t.Context(), request{method: http.MethodPut}); err != nil {
			t.Fatalf("making the bucket: %v", err)
		}
		return s
	})
}
