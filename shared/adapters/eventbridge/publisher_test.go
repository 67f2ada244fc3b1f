package eventbridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/eventbridge"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// noWait is a clock on which nothing takes time.
type noWait struct{ clock.System }

func (noWait) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// entries is EventBridge: it refuses entries by a script and keeps the others.
type entries struct {
	fail     func(call int, id string) string // gives an error code, "" to accept
	err      error
	batches  []int
	bytes    []int
	accepted map[string]int
	sources  []string
}

func (f *entries) PutEvents(_ context.Context, in *eb.PutEventsInput, _ ...func(*eb.Options)) (*eb.PutEventsOutput, error) {
	f.batches = append(f.batches, len(in.Entries))
	if f.err != nil {
		return nil, f.err
	}
	out, size := &eb.PutEventsOutput{}, 0
	for _, e := range in.Entries {
		var envelope bus.Event
		if err := json.Unmarshal([]byte(*e.Detail), &envelope); err != nil {
			return nil, err
		}
		size += len(*e.Detail)
		f.sources = append(f.sources, *e.EventBusName+" "+*e.Source+" "+*e.DetailType)
		var result types.PutEventsResultEntry
		if code := f.fail(len(f.batches), envelope.ID); code != "" {
			result.ErrorCode = aws.String(code)
			out.FailedEntryCount++
		} else {
			f.accepted[envelope.ID]++
		}
		out.Entries = append(out.Entries, result)
	}
	f.bytes = append(f.bytes, size)
	return out, nil
}

func never(int, string) string { return "" }

func sampleEvents(n, bytes int) []bus.Event {
	list := make([]bus.Event, n)
	for i := range list {
		list[i] = bus.Event{
			SpecVersion: "1.0", ID: fmt.Sprint(i), Source: "slipway.test", Type: "slipway.test.happened.v1", Time: time.Unix(1_800_000_000, 0).UTC(),
			DataContentType: "application/json", Data: json.RawMessage(`"` + strings.Repeat("x", bytes) + `"`),
		}
	}
	return list
}

func publisher(t *testing.T, client eventbridge.API) *eventbridge.Publisher {
	t.Helper()
	p, err := eventbridge.New(eventbridge.Config{Client: client, BusName: "slipway", Clock: noWait{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, bytes int
		want     []int
	}{
		{0, 0, nil},
		{1, 10, []int{1}},
		{10, 10, []int{10}},
		{23, 10, []int{10, 10, 3}},
		{8, 250_000, []int{3, 3, 2}},
		{12, 99_000, []int{10, 2}},
	} {
		f := &entries{fail: never, accepted: map[string]int{}}
		if err := publisher(t, f).Publish(t.Context(), sampleEvents(c.n, c.bytes)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, f.batches); diff != "" || len(f.accepted) != c.n {
			t.Errorf("%d events of %d bytes: %d accepted (-want +got):\n%s", c.n, c.bytes, len(f.accepted), diff)
		}
		for _, size := range f.bytes {
			if size > 1_000_000 {
				t.Errorf("a request of %d bytes", size)
			}
		}
		for _, s := range f.sources {
			if s != "slipway slipway.test slipway.test.happened.v1" {
				t.Errorf("an entry for %s", s)
			}
		}
	}
}

func TestRefusedEntriesAreRepeatedAlone(t *testing.T) {
	t.Parallel()
	f := &entries{accepted: map[string]int{}, fail: func(call int, id string) string {
		if call < 3 && id >= "7" {
			return []string{"ThrottlingException", "InternalFailure"}[call-1]
		}
		return ""
	}}
	if err := publisher(t, f).Publish(t.Context(), sampleEvents(10, 1)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{10, 3, 3}, f.batches); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	for id, n := range f.accepted {
		if n != 1 {
			t.Errorf("event %s was accepted %d times", id, n)
		}
	}
}

func TestPublishFails(t *testing.T) {
	t.Parallel()
	refuse := func(code string) func(int, string) string {
		return func(_ int, id string) string {
			if id == "1" {
				return code
			}
			return ""
		}
	}
	for _, c := range []struct {
		name  string
		f     entries
		want  errs.Kind
		calls int
	}{
		{"throttled for ever", entries{fail: refuse("ThrottlingException")}, errs.RateLimited, 6},
		{"failing for ever", entries{fail: refuse("InternalFailure")}, errs.Unavailable, 6},
		{"refused for good", entries{fail: refuse("NotAuthorizedForSourceException")}, errs.Internal, 1},
		{"no such bus", entries{err: &smithy.GenericAPIError{Code: "ResourceNotFoundException"}}, errs.Internal, 1},
		{"not answered", entries{err: &smithy.GenericAPIError{Code: "ServiceUnavailable"}}, errs.Unavailable, 1},
	} {
		c.f.accepted = map[string]int{}
		err := publisher(t, &c.f).Publish(t.Context(), sampleEvents(3, 1))
		if errs.KindOf(err) != c.want || len(c.f.batches) != c.calls {
			t.Errorf("%s gives %v after %d requests", c.name, err, len(c.f.batches))
		}
	}
}
