package dynamo

import (
	"context"
	"fmt"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/slipwayhq/slipway/shared/table"
)

// Query reads a page of one partition.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := table.ValidateQuery(q); err != nil {
		return table.Page{}, err
	}
	after, err := table.Position(q)
	if err != nil {
		return table.Page{}, err
	}
	if q.To != "" && q.From >= q.To {
		return table.Page{}, nil // DynamoDB refuses an empty range
	}
	in := t.queryInput(q, after)
	var out *dynamodb.QueryOutput
	_, err = t.repeat(ctx, harmless, func() (err error) {
		out, err = t.client.Query(ctx, in, once)
		return err
	})
	if err != nil {
		return table.Page{}, fmt.Errorf("querying partition %s: %w", q.PK, classify(err))
	}
	return pageOf(q, out)
}

func (t *Table) queryInput(q table.Query, after string) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName:        t.name,
		ConsistentRead:   aws.Bool(true),
		ScanIndexForward: aws.Bool(!q.Descending),
		FilterExpression: aws.String(live),

		ExpressionAttributeNames:  map[string]string{"#ttl": attrExpires},
		ExpressionAttributeValues: attributes{":pk": str(q.PK), ":now": seconds(t.clock.Now())},
	}
	in.KeyConditionExpression = aws.String("pk = :pk" + sortCondition(q, in.ExpressionAttributeValues))
	if q.Limit > 0 {
		in.Limit = aws.Int32(int32(min(q.Limit, math.MaxInt32)))
	}
	if after == "" && q.Descending && q.From != "" {
		after = q.To // BETWEEN holds To itself: start behind it
	}
	if after != "" {
		in.ExclusiveStartKey = keyOf(table.Key{PK: q.PK, SK: after})
	}
	return in
}

// sortCondition gives the condition on the sort key. DynamoDB takes one at most, and has
// none for From <= sort key < To: BETWEEN holds To too.
func sortCondition(q table.Query, values attributes) string {
	if q.From != "" {
		values[":from"] = str(q.From)
	}
	if q.To != "" {
		values[":to"] = str(q.To)
	}
	switch {
	case q.Prefix != "":
		values[":prefix"] = str(q.Prefix)
		return " AND begins_with(sk, :prefix)"
	case q.From != "" && q.To != "":
		return " AND sk BETWEEN :from AND :to"
	case q.From != "":
		return " AND sk >= :from"
	case q.To != "":
		return " AND sk < :to"
	}
	return ""
}

func pageOf(q table.Query, out *dynamodb.QueryOutput) (table.Page, error) {
	var page table.Page
	for _, a := range out.Items {
		item, err := itemOf(a)
		if err != nil {
			return table.Page{}, fmt.Errorf("querying partition %s: %w", q.PK, err)
		}
		if q.To == "" || item.SK < q.To {
			page.Items = append(page.Items, item)
		}
	}
	if last := text(out.LastEvaluatedKey[attrSort]); last != "" && (q.To == "" || last < q.To) {
		page.Next = table.NewCursor(q.PK, last)
	}
	return page, nil
}
