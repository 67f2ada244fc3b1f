package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
)

// API is what is needed of DynamoDB.
type API interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Config says which table of DynamoDB is used.
type Config struct {
	Client API
	Table  string      // name or ARN
	Clock  clock.Clock // decides what has expired, and waits between attempts
	IDs    ids.Source  // makes revisions and transaction tokens
}

// Table is a table in DynamoDB.
type Table struct {
	client API
	name   *string
	clock  clock.Clock
	ids    ids.Source
}

var _ table.Table = (*Table)(nil)

// New makes a table. It sends nothing.
func New(c Config) (*Table, error) {
	if c.Client == nil || c.Table == "" || c.Clock == nil || c.IDs == nil {
		return nil, errors.New("dynamo: Client, Table, Clock and IDs are required")
	}
	return &Table{client: c.Client, name: &c.Table, clock: c.Clock, ids: c.IDs}, nil
}

// once switches off the SDK's own retries: it repeats writes that may have happened.
func once(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

// Get reads one item.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Item, error) {
	if err := table.ValidateKey(key); err != nil {
		return table.Item{}, err
	}
	var out *dynamodb.GetItemOutput
	_, err := t.repeat(ctx, harmless, func() (err error) {
		out, err = t.client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: t.name, Key: keyOf(key), ConsistentRead: aws.Bool(true),
		}, once)
		return err
	})
	doing := fmt.Sprintf("getting item %s/%s", key.PK, key.SK)
	if err != nil {
		return table.Item{}, fmt.Errorf("%s: %w", doing, classify(err))
	}
	if len(out.Item) == 0 {
		return table.Item{}, fmt.Errorf("%s: %w", doing, errs.New(errs.NotFound, "there is no such item"))
	}
	item, err := itemOf(out.Item)
	if err != nil {
		return table.Item{}, fmt.Errorf("%s: %w", doing, err)
	}
	if !item.Expires.IsZero() && item.Expires.Unix() <= t.clock.Now().Unix() {
		return table.Item{}, fmt.Errorf("%s: %w", doing, errs.New(errs.NotFound, "there is no such item"))
	}
	return item, nil
}

// Put writes one item if cond holds.
func (t *Table) Put(ctx context.Context, item table.Item, cond table.Condition) (string, error) {
	if err := table.ValidateItem(item); err != nil {
		return "", err
	}
	revision := t.ids.New()
	e := expressionOf(cond, t.clock.Now())
	unsure, err := t.repeat(ctx, repeatable(cond), func() error {
		_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: t.name, Item: attributesOf(item, revision),
			ConditionExpression: e.text, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}, once)
		return err
	})
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) && text(failed.Item[attrRevision]) == revision {
		return revision, nil // an earlier attempt of this call made it, its answer was lost
	}
	if err != nil {
		return "", fmt.Errorf("putting item %s/%s: %w", item.PK, item.SK, writeError(err, unsure, item.Key))
	}
	return revision, nil
}

// Delete removes one item if cond holds.
func (t *Table) Delete(ctx context.Context, key table.Key, cond table.Condition) error {
	if err := table.ValidateKey(key); err != nil {
		return err
	}
	e := expressionOf(cond, t.clock.Now())
	unsure, err := t.repeat(ctx, repeatable(cond), func() error {
		_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: t.name, Key: keyOf(key),
			ConditionExpression: e.text, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}, once)
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting item %s/%s: %w", key.PK, key.SK, writeError(err, unsure, key))
	}
	return nil
}

// Transact makes all writes or none.
func (t *Table) Transact(ctx context.Context, writes []table.Write) error {
	if err := table.ValidateTransaction(writes); err != nil {
		return err
	}
	in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String(t.ids.New())}
	now := t.clock.Now() // one time for all attempts: the token stands for the same request
	for _, w := range writes {
		in.TransactItems = append(in.TransactItems, t.transactItem(w, expressionOf(w.Cond, now)))
	}
	unsure, err := t.repeat(ctx, harmless, func() error {
		_, err := t.client.TransactWriteItems(ctx, in, once)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing %d items together: %w", len(writes), transactError(err, unsure, writes))
	}
	return nil
}

func (t *Table) transactItem(w table.Write, e expression) types.TransactWriteItem {
	switch w.Op {
	case table.OpPut:
		return types.TransactWriteItem{Put: &types.Put{
			TableName: t.name, Item: attributesOf(w.Item, t.ids.New()),
			ConditionExpression: e.text, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	case table.OpDelete:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: t.name, Key: keyOf(w.Item.Key),
			ConditionExpression: e.text, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	default: // OpCheck: ValidateTransaction lets nothing else through
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: t.name, Key: keyOf(w.Item.Key),
			ConditionExpression: e.text, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	}
}
