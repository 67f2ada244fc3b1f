package dynamo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// telling answers every request with the same, and keeps what was sent.
type telling struct {
	answer   string
	checksum string
	sent     []map[string]any
	headers  []http.Header
	urls     []string
}

func (a *telling) Do(r *http.Request) (*http.Response, error) {
	var in map[string]any
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	a.sent, a.headers, a.urls = append(a.sent, in), append(a.headers, r.Header), append(a.urls, r.URL.String())
	res := answerOf(http.StatusOK, a.answer)
	if a.checksum != "" {
		res.Header.Set("X-Amz-Crc32", a.checksum)
	}
	return res, nil
}

func TestRequestsAreAsDocumented(t *testing.T) {
	t.Parallel()
	a := &telling{answer: "{}"}
	tab := newTable(t, account(a), "t", noWait{})
	ctx := t.Context()
	_, put := tab.Put(ctx, table.Item{Key: anyKey, Body: []byte{0xff}, Expires: time.Unix(4_000_000_000, 0)}, table.Always)
	removed := tab.Delete(ctx, anyKey, table.AtRevision("old"))
	_, query := tab.Query(ctx, table.Query{PK: "p", Prefix: "s", Limit: 7, Descending: true})
	if err := errors.Join(put, removed, query); err != nil {
		t.Fatal(err)
	}
	revision := a.sent[0]["Item"].(map[string]any)["r"]
	item := map[string]any{"pk": of("S", "p"), "sk": of("S", "s"), "b": of("B", "/w=="), "ttl": of("N", "4000000000"), "r": revision}
	now := a.sent[1]["ExpressionAttributeValues"].(map[string]any)[":now"]
	queried := a.sent[2]["ExpressionAttributeValues"].(map[string]any)[":now"]
	alias := map[string]any{"#ttl": "ttl"}
	want := []map[string]any{
		{"TableName": "t", "Item": item, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
		{
			"TableName": "t", "Key": map[string]any{"pk": of("S", "p"), "sk": of("S", "s")},
			"ConditionExpression":      "r = :r AND (attribute_not_exists(#ttl) OR #ttl > :now)",
			"ExpressionAttributeNames": alias, "ExpressionAttributeValues": map[string]any{":now": now, ":r": of("S", "old")},
		},
		{
			"TableName": "t", "ConsistentRead": true, "ScanIndexForward": false, "Limit": 7.0,
			"KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)", "FilterExpression": "(attribute_not_exists(#ttl) OR #ttl > :now)",
			"ExpressionAttributeNames": alias, "ExpressionAttributeValues": map[string]any{":pk": of("S", "p"), ":prefix": of("S", "s"), ":now": queried},
		},
	}
	if diff := cmp.Diff(want, a.sent); diff != "" {
		t.Error(diff)
	}
	for i, operation := range []string{"PutItem", "DeleteItem", "Query"} {
		h := a.headers[i]
		if a.urls[i] != "https://dynamodb.us-east-1.amazonaws.com/" || h.Get("X-Amz-Target") != "DynamoDB_20120810."+operation ||
			h.Get("Content-Type") != "application/x-amz-json-1.0" || !strings.Contains(h.Get("Authorization"), "/us-east-1/dynamodb/aws4_request") {
			t.Errorf("%s: %s %v", operation, a.urls[i], h)
		}
	}
}

func of(kind, value string) map[string]any { return map[string]any{kind: value} }

// An answer that is damaged is none: a read is made again, and nobody knows of a write.
func TestDamagedAnswers(t *testing.T) {
	t.Parallel()
	const whole = `{"Item":{"pk":{"S":"p"},"sk":{"S":"s"},"b":{"S":"x"},"r":{"S":"1"}}}`
	sum := fmt.Sprint(crc32.ChecksumIEEE([]byte(whole)))
	for name, c := range map[string]struct {
		answer, checksum string
		calls            int
		kind             errs.Kind
	}{
		"as sent":              {whole, sum, 1, ""},
		"without a checksum":   {whole, "", 1, ""},
		"with another letter":  {strings.Replace(whole, "x", "y", 1), sum, 8, errs.Unavailable},
		"with a letter less":   {whole[:len(whole)-1], "", 8, errs.Unavailable},
		"of another form":      {`{"Item":[1]}`, "", 8, errs.Unavailable},
		"a page of some proxy": {`<html>`, "", 8, errs.Unavailable},
	} {
		a := &telling{answer: c.answer, checksum: c.checksum}
		tab := newTable(t, account(a), "t", noWait{})
		if _, err := tab.Get(t.Context(), anyKey); errs.KindOf(err) != c.kind || len(a.sent) != c.calls {
			t.Errorf("%s: %d reads end with %v", name, len(a.sent), err)
		}
		if _, err := tab.Put(t.Context(), anyItem, table.Always); c.kind == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// broken breaks off in the middle of an answer.
type broken struct{ calls int }

func (b *broken) Do(*http.Request) (*http.Response, error) {
	b.calls++
	res := answerOf(http.StatusOK, "")
	res.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"It`), failing{}))
	return res, nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAnAnswerThatBreaksOffIsLost(t *testing.T) {
	t.Parallel()
	b := &broken{}
	_, err := newTable(t, account(b), "t", noWait{}).Put(t.Context(), anyItem, table.Absent)
	if !errors.Is(err, errs.Unavailable) || b.calls != 1 {
		t.Errorf("%d writes end with %v", b.calls, err)
	}
}

func TestForeignItemsAreNotAbsent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]map[string]any{
		"no body":        {"b": nil},
		"no revision":    {"r": nil},
		"a broken time":  {"ttl": of("N", "1.5")},
		"a numeric body": {"b": of("N", "1")},
		"a list":         {"b": map[string]any{"L": []any{of("S", "x")}}},
	} {
		item := map[string]any{"pk": of("S", "p"), "sk": of("S", "s"), "b": of("S", ""), "r": of("S", "r")}
		for attribute, v := range change {
			item[attribute] = v
			if v == nil {
				delete(item, attribute)
			}
		}
		answer, err := json.Marshal(map[string]any{"Item": item, "Items": []any{item}})
		if err != nil {
			t.Fatal(err)
		}
		tab := newTable(t, account(&telling{answer: string(answer)}), "t", noWait{})
		_, get := tab.Get(t.Context(), anyKey)
		_, query := tab.Query(t.Context(), table.Query{PK: "p"})
		if !errors.Is(get, errs.Internal) || !errors.Is(query, errs.Internal) {
			t.Errorf("an item with %s gives %v and %v", name, get, query)
		}
	}
}
