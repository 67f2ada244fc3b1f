package dynamo

import (
	"context"
	"fmt"
	"math"

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
	in := t.queryOf(q, after)
	var out page
	_, err = t.repeat(ctx, harmless, func() error {
		out = page{}
		return t.client.call(ctx, "Query", in, &out)
	})
	if err != nil {
		return table.Page{}, fmt.Errorf("querying partition %s: %w", q.PK, classify(err))
	}
	return pageOf(q, out)
}

// query asks for a page of a partition.
type query struct {
	TableName  string
	Consistent bool              `json:"ConsistentRead"`
	Forward    bool              `json:"ScanIndexForward"`
	Keys       string            `json:"KeyConditionExpression"`
	Filter     string            `json:"FilterExpression"`
	Names      map[string]string `json:"ExpressionAttributeNames"`
	Values     attributes        `json:"ExpressionAttributeValues"`
	Limit      int               `json:",omitempty"`
	After      attributes        `json:"ExclusiveStartKey,omitempty"`
}

// page is what it is answered with.
type page struct {
	Items            []attributes
	LastEvaluatedKey attributes
}

func (t *Table) queryOf(q table.Query, after string) query {
	in := query{
		TableName: t.name, Consistent: true, Forward: !q.Descending, Filter: live, Names: map[string]string{"#ttl": attrExpires},
		Values: attributes{":pk": str(q.PK), ":now": seconds(t.clock.Now())}, Limit: min(max(q.Limit, 0), math.MaxInt32),
	}
	in.Keys = "pk = :pk" + sortCondition(q, in.Values)
	if after == "" && q.Descending && q.From != "" {
		after = q.To // BETWEEN holds To itself: start behind it
	}
	if after != "" {
		in.After = keyOf(table.Key{PK: q.PK, SK: after})
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

func pageOf(q table.Query, out page) (table.Page, error) {
	var p table.Page
	for _, a := range out.Items {
		item, err := itemOf(a)
		if err != nil {
			return table.Page{}, fmt.Errorf("querying partition %s: %w", q.PK, err)
		}
		if q.To == "" || item.SK < q.To {
			p.Items = append(p.Items, item)
		}
	}
	if last := text(out.LastEvaluatedKey[attrSort]); last != "" && (q.To == "" || last < q.To) {
		p.Next = table.NewCursor(q.PK, last)
	}
	return p, nil
}
