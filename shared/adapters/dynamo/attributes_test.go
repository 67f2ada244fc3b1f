package dynamo_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// forgetful makes the write and loses the answer, once.
type forgetful struct {
	*dynamodb.Client

	lost bool
}

func (f *forgetful) lose(err error) error {
	if f.lost || err != nil {
		return err
	}
	f.lost = true
	return &smithyhttp.RequestSendError{Err: io.ErrUnexpectedEOF}
}

func (f *forgetful) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	out, err := f.Client.PutItem(ctx, in, o...)
	return out, f.lose(err)
}

func (f *forgetful) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	out, err := f.Client.TransactWriteItems(ctx, in, o...)
	return out, f.lose(err)
}

func TestLostAnswersTakeEffectOnce(t *testing.T) {
	t.Parallel()
	client := localClient(t)
	name := makeTable(t, client)
	sure := newTable(t, client, name, clock.System{})
	old, err := sure.Put(t.Context(), anyItem, table.Absent)
	if err != nil {
		t.Fatal(err)
	}
	made, err := newTable(t, &forgetful{Client: client}, name, clock.System{}).Put(t.Context(), anyItem, table.AtRevision(old))
	if err != nil {
		t.Fatalf("a pinned put whose answer was lost gives %v", err)
	}
	if got, err := sure.Get(t.Context(), anyKey); err != nil || got.Revision != made {
		t.Fatalf("the item is at %q, the put gave %q; %v", got.Revision, made, err)
	}
	other := table.Item{Key: table.Key{PK: "p", SK: "t"}}
	err = newTable(t, &forgetful{Client: client}, name, clock.System{}).Transact(t.Context(), []table.Write{
		table.PutWrite(other, table.Absent), table.DeleteWrite(anyKey, table.AtRevision(made)),
	})
	if err != nil {
		t.Fatalf("a transaction whose answer was lost gives %v", err)
	}
	if _, err := sure.Put(t.Context(), anyItem, table.Absent); err != nil {
		t.Fatal(err)
	}
}

// TestAttributesAreAsDocumented holds the stored form, which people read in the console
// and the stream relay reads by name.
func TestAttributesAreAsDocumented(t *testing.T) {
	t.Parallel()
	client := localClient(t)
	name := makeTable(t, client)
	tab := newTable(t, client, name, clock.System{})
	at := time.Unix(4_000_000_000, 0)
	revision, err := tab.Put(t.Context(), table.Item{Key: anyKey, Body: []byte(`{"a":1}`), Expires: at}, table.Always)
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &name, Key: storedKey()})
	if err != nil {
		t.Fatal(err)
	}
	want := storedKey()
	want["b"] = &types.AttributeValueMemberS{Value: `{"a":1}`}
	want["r"] = &types.AttributeValueMemberS{Value: revision}
	want["ttl"] = &types.AttributeValueMemberN{Value: "4000000000"}
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore())
	if diff := cmp.Diff(want, out.Item, ignore); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

func storedKey() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "p"}, "sk": &types.AttributeValueMemberS{Value: "s"},
	}
}

// foreign reads items that somebody else put into the table.
type foreign struct {
	dynamo.API

	item map[string]types.AttributeValue
}

func (f foreign) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{Item: f.item}, nil
}

func (f foreign) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return &dynamodb.QueryOutput{Items: []map[string]types.AttributeValue{f.item}}, nil
}

func TestForeignItemsAreNotAbsent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]types.AttributeValue){
		"no body":        func(a map[string]types.AttributeValue) { delete(a, "b") },
		"no revision":    func(a map[string]types.AttributeValue) { delete(a, "r") },
		"a broken time":  func(a map[string]types.AttributeValue) { a["ttl"] = &types.AttributeValueMemberN{Value: "1.5"} },
		"a numeric body": func(a map[string]types.AttributeValue) { a["b"] = &types.AttributeValueMemberN{Value: "1"} },
	} {
		a := storedKey()
		a["b"], a["r"] = &types.AttributeValueMemberS{}, &types.AttributeValueMemberS{Value: "r"}
		change(a)
		tab := newTable(t, foreign{item: a}, "t", noWait{})
		_, get := tab.Get(t.Context(), anyKey)
		_, query := tab.Query(t.Context(), table.Query{PK: "p"})
		if !errors.Is(get, errs.Internal) || !errors.Is(query, errs.Internal) {
			t.Errorf("an item with %s gives %v and %v", name, get, query)
		}
	}
}
