package dynamo_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/slipwayhq/slipway/shared/adapters/dynamo"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
)

// noWait is a clock on which nothing takes time.
type noWait struct{ clock.System }

func (noWait) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// scripted answers each call with the next of its errors, then with success.
type scripted struct {
	dynamo.API // nil: only what is scripted may be called

	errs   []error
	calls  int
	tokens map[string]bool
}

func (s *scripted) next() error {
	s.calls++
	if s.calls > len(s.errs) {
		return nil
	}
	return s.errs[s.calls-1]
}

func (s *scripted) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{}, s.next()
}

func (s *scripted) PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return &dynamodb.PutItemOutput{}, s.next()
}

func (s *scripted) DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return &dynamodb.DeleteItemOutput{}, s.next()
}

func (s *scripted) TransactWriteItems(_ context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	s.tokens[*in.ClientRequestToken] = true
	return &dynamodb.TransactWriteItemsOutput{}, s.next()
}

var (
	errThrottled = &types.ProvisionedThroughputExceededException{}
	errBusy      = &types.TransactionConflictException{}
	errLost      = &smithyhttp.RequestSendError{Err: io.ErrUnexpectedEOF}
	errDial      = &smithyhttp.RequestSendError{Err: &net.OpError{Op: "dial", Err: errors.New("refused")}}
	errNoTable   = &types.ResourceNotFoundException{}
)

func conditionFailed(revision string) error {
	return &types.ConditionalCheckFailedException{Item: map[string]types.AttributeValue{
		"r": &types.AttributeValueMemberS{Value: revision},
	}}
}

func cancelled(codes ...string) error {
	e := &types.TransactionCanceledException{}
	for _, c := range codes {
		e.CancellationReasons = append(e.CancellationReasons, types.CancellationReason{Code: aws.String(c)})
	}
	return e
}

func always(err error, n int) []error {
	out := make([]error, n)
	for i := range out {
		out[i] = err
	}
	return out
}

var (
	anyKey  = table.Key{PK: "p", SK: "s"}
	anyItem = table.Item{Key: anyKey, Body: []byte("x")}
)

func TestRepeats(t *testing.T) {
	t.Parallel()
	pinned := table.AtRevision("old")
	put := func(cond table.Condition) func(context.Context, table.Table) error {
		return func(ctx context.Context, tab table.Table) error { _, err := tab.Put(ctx, anyItem, cond); return err }
	}
	remove := func(cond table.Condition) func(context.Context, table.Table) error {
		return func(ctx context.Context, tab table.Table) error { return tab.Delete(ctx, anyKey, cond) }
	}
	get := func(ctx context.Context, tab table.Table) error { _, err := tab.Get(ctx, anyKey); return err }
	transact := func(ctx context.Context, tab table.Table) error {
		return tab.Transact(ctx, []table.Write{
			table.PutWrite(anyItem, table.Always), table.CheckWrite(table.Key{PK: "p", SK: "t"}, table.Present),
		})
	}
	for _, c := range []struct {
		name  string
		call  func(context.Context, table.Table) error
		errs  []error
		kind  errs.Kind // "" for success
		calls int
	}{
		{"a throttled put", put(table.Always), always(errThrottled, 3), "", 4},
		{"a put in a transaction's way", put(table.Always), []error{errBusy}, "", 2},
		{"a put throttled for ever", put(table.Always), always(errThrottled, 99), errs.RateLimited, 8},
		{"an unsent put", put(table.Absent), []error{errDial}, "", 2},
		{"a put with a lost answer", put(table.Always), []error{errLost}, errs.Unavailable, 1},
		{"a creation with a lost answer", put(table.Absent), []error{errLost}, errs.Unavailable, 1},
		{"a pinned put that was not made", put(pinned), []error{errLost}, "", 2},
		{"a pinned put that was made", put(pinned), []error{errLost, conditionFailed("new-000001")}, "", 2},
		{"a pinned put that was made or overtaken", put(pinned), []error{errLost, conditionFailed("x")}, errs.Unavailable, 2},
		{"a pinned put, lost, then throttled", put(pinned), append([]error{errLost}, always(errThrottled, 9)...), errs.Unavailable, 8},
		{"a stale put", put(pinned), []error{conditionFailed("x")}, errs.Conflict, 1},
		{"a delete with a lost answer", remove(table.Always), []error{errLost}, errs.Unavailable, 1},
		{"a pinned delete, perhaps made", remove(pinned), []error{errLost, conditionFailed("x")}, errs.Unavailable, 2},
		{"a stale delete", remove(pinned), []error{conditionFailed("x")}, errs.Conflict, 1},
		{"a read with a lost answer", get, always(errLost, 2), errs.NotFound, 3},
		{"a read of a missing table", get, []error{errNoTable}, errs.Internal, 1},
		{"a transaction with a lost answer", transact, []error{errLost}, "", 2},
		{"a transaction in another's way", transact, []error{cancelled("None", "TransactionConflict")}, "", 2},
		{"a transaction in the way for ever", transact, always(cancelled("TransactionConflict", "None"), 99), errs.RateLimited, 8},
		{"a transaction, lost, then in the way", transact, append([]error{errLost}, always(cancelled("TransactionConflict"), 9)...), errs.Unavailable, 8},
		{"a transaction whose condition fails", transact, []error{cancelled("TransactionConflict", "ConditionalCheckFailed")}, errs.Conflict, 1},
		{"a transaction refused otherwise", transact, []error{cancelled("ValidationError", "None")}, errs.Internal, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &scripted{errs: c.errs, tokens: map[string]bool{}}
			tab, err := dynamo.New(dynamo.Config{Client: s, Table: "t", Clock: noWait{}, IDs: &ids.Sequence{Prefix: "new"}})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.call(t.Context(), tab); errs.KindOf(err) != c.kind || s.calls != c.calls {
				t.Errorf("%d calls end with %q %v, want %d and %q", s.calls, errs.KindOf(err), err, c.calls, c.kind)
			}
			if len(s.tokens) > 1 {
				t.Errorf("one transaction was sent under %d tokens", len(s.tokens))
			}
		})
	}
}

func TestFailedWriteOfATransactionIsNamed(t *testing.T) {
	t.Parallel()
	s := &scripted{tokens: map[string]bool{}, errs: []error{cancelled("None", "ConditionalCheckFailed", "ConditionalCheckFailed")}}
	tab := newTable(t, s, "t", noWait{})
	var writes []table.Write
	for _, sk := range []string{"a", "b", "c"} {
		writes = append(writes, table.CheckWrite(table.Key{PK: "p", SK: sk}, table.Present))
	}
	var failed *table.ConditionError
	if err := tab.Transact(t.Context(), writes); !errors.As(err, &failed) || failed.Index != 1 || failed.Key.SK != "b" {
		t.Fatalf("the transaction gives %v", err)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(clock.System{}.Now())
	s := &scripted{errs: always(errThrottled, 99)}
	tab := newTable(t, s, "t", c)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := tab.Put(ctx, anyItem, table.Always); done <- err }()
	for c.Waiting() == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-done; errs.KindOf(err) != errs.RateLimited || s.calls != 1 {
		t.Fatalf("%d calls end with %v", s.calls, err)
	}
}

// TestSDKDoesNotRepeat guards against the SDK's own retries, which know nothing of the above.
func TestSDKDoesNotRepeat(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(server.Close)
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	_, err := newTable(t, client, "t", noWait{}).Put(t.Context(), anyItem, table.Always)
	if errs.KindOf(err) != errs.Unavailable || calls.Load() != 1 {
		t.Fatalf("%d requests end with %v", calls.Load(), err)
	}
}
