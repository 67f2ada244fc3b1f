package dynamo_test

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/table"
)

// forgetful sends the request and loses the answer, once.
type forgetful struct{ lost bool }

func (f *forgetful) Do(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultClient.Do(r)
	if err != nil || f.lost {
		return res, err
	}
	f.lost = true
	return nil, errors.Join(io.ErrUnexpectedEOF, res.Body.Close())
}

func forgetfulAccount() aws.Config {
	cfg := localAccount()
	cfg.HTTPClient = &forgetful{}
	return cfg
}

func TestLostAnswersTakeEffectOnce(t *testing.T) {
	t.Parallel()
	client := localClient(t)
	name := makeTable(t, client)
	sure := newTable(t, localAccount(), name, clock.System{})
	old, err := sure.Put(t.Context(), anyItem, table.Absent)
	if err != nil {
		t.Fatal(err)
	}
	made, err := newTable(t, forgetfulAccount(), name, clock.System{}).Put(t.Context(), anyItem, table.AtRevision(old))
	if err != nil {
		t.Fatalf("a pinned put whose answer was lost gives %v", err)
	}
	if got, err := sure.Get(t.Context(), anyKey); err != nil || got.Revision != made {
		t.Fatalf("the item is at %q, the put gave %q; %v", got.Revision, made, err)
	}
	other := table.Item{Key: table.Key{PK: "p", SK: "t"}}
	err = newTable(t, forgetfulAccount(), name, clock.System{}).Transact(t.Context(), []table.Write{
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
	tab := newTable(t, localAccount(), name, clock.System{})
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
