package dynamo_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	local := localAccount()
	tabletest.Run(t, func(t *testing.T) tabletest.Harness {
		c := &tabletest.Clock{}
		tab := newTable(t, local, makeTable(t, client), c)
		return tabletest.Harness{Table: tab, Now: c.Now, Advance: c.Advance}
	})
}

// localAccount is where the engine is that test/dynamodblocal/run.sh starts.
func localAccount() aws.Config {
	cfg := account(http.DefaultClient)
	cfg.BaseEndpoint = aws.String(os.Getenv("SLIPWAY_DYNAMODB_ENDPOINT"))
	return cfg
}

// localClient is the SDK's client of that engine: it makes tables, and is who else sees what
// is in them.
func localClient(t *testing.T) *dynamodb.Client {
	t.Helper()
	if os.Getenv("SLIPWAY_DYNAMODB_ENDPOINT") == "" {
		t.Skip("SLIPWAY_DYNAMODB_ENDPOINT is not set: run test/dynamodblocal/run.sh")
	}
	return dynamodb.NewFromConfig(localAccount())
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

func newTable(t *testing.T, at aws.Config, name string, c clock.Clock) *dynamo.Table {
	t.Helper()
	tab, err := dynamo.New(dynamo.Config{AWS: at, Table: name, Clock: c, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestNewNeedsEverything(t *testing.T) {
	t.Parallel()
	whole := dynamo.Config{AWS: account(http.DefaultClient), Table: "t", Clock: clock.System{}, IDs: ids.Random{}}
	for name, without := range map[string]func(*dynamo.Config){
		"an account": func(c *dynamo.Config) { c.AWS = aws.Config{} }, "a table": func(c *dynamo.Config) { c.Table = "" },
		"a clock": func(c *dynamo.Config) { c.Clock = nil }, "ids": func(c *dynamo.Config) { c.IDs = nil },
	} {
		c := whole
		without(&c)
		if _, err := dynamo.New(c); err == nil {
			t.Errorf("a Config without %s is taken", name)
		}
	}
}
