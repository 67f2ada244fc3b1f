package dynamo

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// The attributes are short because DynamoDB bills their names with every item.
const (
	attrPartition = "pk"
	attrSort      = "sk"
	attrBody      = "b"
	attrRevision  = "r"
	attrExpires   = "ttl"
)

type attributes = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func seconds(t time.Time) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(t.Unix(), 10)}
}

// text gives the value of a text attribute, "" for anything else.
func text(v types.AttributeValue) string {
	s, ok := v.(*types.AttributeValueMemberS)
	if !ok {
		return ""
	}
	return s.Value
}

func keyOf(k table.Key) attributes {
	return attributes{attrPartition: str(k.PK), attrSort: str(k.SK)}
}

func attributesOf(i table.Item, revision string) attributes {
	a := keyOf(i.Key)
	a[attrRevision] = str(revision)
	if utf8.Valid(i.Body) {
		a[attrBody] = str(string(i.Body))
	} else {
		a[attrBody] = &types.AttributeValueMemberB{Value: i.Body}
	}
	if !i.Expires.IsZero() {
		a[attrExpires] = seconds(i.Expires)
	}
	return a
}

func itemOf(a attributes) (table.Item, error) {
	i := table.Item{
		Key:      table.Key{PK: text(a[attrPartition]), SK: text(a[attrSort])},
		Revision: text(a[attrRevision]),
	}
	foreign := errs.New(errs.Internal, "an item of the table was not written by Slipway")
	switch b := a[attrBody].(type) {
	case *types.AttributeValueMemberS:
		i.Body = []byte(b.Value)
	case *types.AttributeValueMemberB:
		i.Body = b.Value
	default:
		return table.Item{}, foreign
	}
	if n, ok := a[attrExpires].(*types.AttributeValueMemberN); ok {
		sec, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil {
			return table.Item{}, foreign
		}
		i.Expires = time.Unix(sec, 0).UTC()
	}
	if i.PK == "" || i.SK == "" || i.Revision == "" {
		return table.Item{}, foreign
	}
	return i, nil
}

// expression is a condition in DynamoDB's language.
type expression struct {
	text   *string
	names  map[string]string
	values attributes
}

// live and expired tell items apart by :now. The name is aliased: ttl is a reserved word.
const (
	live    = "(attribute_not_exists(#ttl) OR #ttl > :now)"
	expired = "#ttl <= :now"
)

func expressionOf(cond table.Condition, now time.Time) expression {
	if cond == table.Always {
		return expression{}
	}
	e := expression{names: map[string]string{"#ttl": attrExpires}, values: attributes{":now": seconds(now)}}
	revision, pinned := cond.Revision()
	switch {
	case cond.IsAbsent():
		e.text = aws.String("attribute_not_exists(pk) OR " + expired)
	case pinned:
		e.text = aws.String("r = :r AND " + live)
		e.values[":r"] = str(revision)
	default:
		e.text = aws.String("attribute_exists(pk) AND " + live)
	}
	return e
}
