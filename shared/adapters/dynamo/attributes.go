package dynamo

import (
	"strconv"
	"time"
	"unicode/utf8"

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

// value is the value of an attribute, in DynamoDB's JSON: one of its members is set. Values
// of other types, which Slipway does not write, are read as none.
type value struct {
	S *string `json:"S,omitempty"`
	N *string `json:"N,omitempty"`
	B []byte  `json:"B,omitempty"`
}

type attributes map[string]value

func str(s string) value { return value{S: &s} }

func seconds(t time.Time) value {
	n := strconv.FormatInt(t.Unix(), 10)
	return value{N: &n}
}

// text gives the value of a text attribute, "" for anything else.
func text(v value) string {
	if v.S == nil {
		return ""
	}
	return *v.S
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
		a[attrBody] = value{B: i.Body}
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
	switch b := a[attrBody]; {
	case b.S != nil:
		i.Body = []byte(*b.S)
	case b.B != nil:
		i.Body = b.B
	default:
		return table.Item{}, foreign
	}
	if n := a[attrExpires].N; n != nil {
		sec, err := strconv.ParseInt(*n, 10, 64)
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
	Text   string            `json:"ConditionExpression,omitempty"`
	Names  map[string]string `json:"ExpressionAttributeNames,omitempty"`
	Values attributes        `json:"ExpressionAttributeValues,omitempty"`
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
	e := expression{Names: map[string]string{"#ttl": attrExpires}, Values: attributes{":now": seconds(now)}}
	revision, pinned := cond.Revision()
	switch {
	case cond.IsAbsent():
		e.Text = "attribute_not_exists(pk) OR " + expired
	case pinned:
		e.Text = "r = :r AND " + live
		e.Values[":r"] = str(revision)
	default:
		e.Text = "attribute_exists(pk) AND " + live
	}
	return e
}
