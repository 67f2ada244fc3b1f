package dynamo_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table/tabletest"
)

func TestTableContract(t *testing.T) {
	t.Parallel()
	client := localClient(t)
	tabletest.Run(t, func(t *testing.T) tabletest.Harness {
		c := &tabletest.Clock{}
		tab := newTable(t, client, makeTable(t, client), c)
		return tabletest.Harness{Table: tab, Now: c.Now, Advance: c.Advance}
	})
}

// localClient speaks to the engine that test/dynamodblocal/run.sh starts.
func localClient(t *testing.T) *dynamodb.Client {
	t.Helper()
	endpoint := os.Getenv("SLIPWAY_DYNAMODB_ENDPOINT")
	if endpoint == "" {
		t.Skip("SLIPWAY_DYNAMODB_ENDPOINT is not set: run test/dynamodblocal/run.sh")
	}
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(endpoint), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

var tables atomic.Int64

// makeTable makes a table as template.yaml does and gives its name.
func makeTable(t *testing.T, client *dynamodb.Client) string {
	t.Helper()
	name := fmt.Sprintf("contract-%d-%d", os.Getpid(), tables.Add(1))
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange},
		},
	})
	if err != nil {
		t.Fatalf("making table %s: %v", name, err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			t.Errorf("deleting table %s: %v", name, err)
		}
	})
	return name
}

func newTable(t *testing.T, client dynamo.API, name string, c clock.Clock) *dynamo.Table {
	t.Helper()
	tab, err := dynamo.New(dynamo.Config{Client: client, Table: name, Clock: c, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestNewNeedsEverything(t *testing.T) {
	t.Parallel()
	if _, err := dynamo.New(dynamo.Config{Table: "t"}); err == nil || !strings.Contains(err.Error(), "Client") {
		t.Fatalf("a Config without a client gives %v", err)
	}
}
