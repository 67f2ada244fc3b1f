package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
)

// Config says which table of DynamoDB is used.
type Config struct {
	AWS   aws.Config
	Table string      // name or ARN
	Clock clock.Clock // decides what has expired, signs, and waits between attempts
	IDs   ids.Source  // makes revisions and transaction tokens
}

// Table is a table in DynamoDB.
type Table struct {
	client *client
	name   string
	clock  clock.Clock
	ids    ids.Source
}

var _ table.Table = (*Table)(nil)

// New makes a table. It sends nothing.
func New(c Config) (*Table, error) {
	if c.Table == "" || c.Clock == nil || c.IDs == nil {
		return nil, errors.New("dynamo: Table, Clock and IDs are required")
	}
	calls, err := newClient(c)
	if err != nil {
		return nil, fmt.Errorf("reaching DynamoDB: %w", err)
	}
	return &Table{client: calls, name: c.Table, clock: c.Clock, ids: c.IDs}, nil
}

// request is a call about one item, or a part of a transaction.
type request struct {
	TableName  string
	Key        attributes `json:",omitempty"`
	Item       attributes `json:",omitempty"` // to put
	Consistent bool       `json:"ConsistentRead,omitempty"`
	expression
	OnFailure string `json:"ReturnValuesOnConditionCheckFailure,omitempty"`
}

// Get reads one item.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Item, error) {
	if err := table.ValidateKey(key); err != nil {
		return table.Item{}, err
	}
	var out struct{ Item attributes }
	_, err := t.repeat(ctx, harmless, func() error {
		out.Item = nil
		return t.client.call(ctx, "GetItem", request{TableName: t.name, Key: keyOf(key), Consistent: true}, &out)
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
	in := request{TableName: t.name, Item: attributesOf(item, revision), expression: expressionOf(cond, t.clock.Now()), OnFailure: "ALL_OLD"}
	unsure, err := t.repeat(ctx, repeatable(cond), func() error { return t.client.call(ctx, "PutItem", in, nil) })
	var failed *refusal
	if errors.As(err, &failed) && text(failed.item[attrRevision]) == revision {
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
	in := request{TableName: t.name, Key: keyOf(key), expression: expressionOf(cond, t.clock.Now())}
	unsure, err := t.repeat(ctx, repeatable(cond), func() error { return t.client.call(ctx, "DeleteItem", in, nil) })
	if err != nil {
		return fmt.Errorf("deleting item %s/%s: %w", key.PK, key.SK, writeError(err, unsure, key))
	}
	return nil
}

// part is one write of a transaction: one of its members is set.
type part struct {
	Put            *request `json:",omitempty"`
	Delete         *request `json:",omitempty"`
	ConditionCheck *request `json:",omitempty"`
}

// Transact makes all writes or none.
func (t *Table) Transact(ctx context.Context, writes []table.Write) error {
	if err := table.ValidateTransaction(writes); err != nil {
		return err
	}
	in := struct {
		ClientRequestToken string
		TransactItems      []part
	}{ClientRequestToken: t.ids.New()}
	now := t.clock.Now() // one time for all attempts: the token stands for the same request
	for _, w := range writes {
		in.TransactItems = append(in.TransactItems, t.part(w, now))
	}
	unsure, err := t.repeat(ctx, harmless, func() error { return t.client.call(ctx, "TransactWriteItems", in, nil) })
	if err != nil {
		return fmt.Errorf("writing %d items together: %w", len(writes), transactError(err, unsure, writes))
	}
	return nil
}

func (t *Table) part(w table.Write, now time.Time) part {
	r := &request{TableName: t.name, expression: expressionOf(w.Cond, now)}
	if w.Op == table.OpPut {
		r.Item = attributesOf(w.Item, t.ids.New())
		return part{Put: r}
	}
	r.Key = keyOf(w.Item.Key)
	if w.Op == table.OpDelete {
		return part{Delete: r}
	}
	return part{ConditionCheck: r} // ValidateTransaction lets nothing else through
}
