package lambdaevent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/google/go-cmp/cmp"

	samples "github.com/slipwayhq/slipway/events"
	"github.com/slipwayhq/slipway/shared/lambdaevent"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

func sample[T any](t *testing.T, name string) T {
	t.Helper()
	raw, err := samples.Sample(name)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func message(id, group string) events.SQSMessage {
	m := events.SQSMessage{MessageId: id, Body: "body of " + id}
	if group != "" {
		m.Attributes = map[string]string{"MessageGroupId": group}
	}
	return m
}

func failuresOf(r events.SQSEventResponse) string {
	var ids []string
	for _, f := range r.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return strings.Join(ids, " ")
}

func TestQueueReportsWhatFailed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		batch []events.SQSMessage
		want  string
	}{
		"standard queue": {[]events.SQSMessage{message("a", ""), message("bad", ""), message("c", ""), message("panic", ""), message("e", "")}, "bad panic"},
		"FIFO queue": {
			[]events.SQSMessage{message("a", "g1"), message("bad", "g1"), message("c", "g2"), message("d", "g1"), message("e", "g2")}, "bad d",
		},
		"empty": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var handled []string
			handler := lambdaevent.Queue(logging.Discard(), func(_ context.Context, id, body string) error {
				switch {
				case body != "body of "+id:
					t.Errorf("%s comes with %q", id, body)
				case id == "bad":
					return errs.New(errs.Unavailable, "not now")
				case id == "panic":
					panic("oops")
				}
				handled = append(handled, id)
				return nil
			})
			got, err := handler(t.Context(), events.SQSEvent{Records: c.batch})
			if err != nil || failuresOf(got) != c.want {
				t.Errorf("failed: %q, %v; want %q", failuresOf(got), err, c.want)
			}
			if len(handled)+len(got.BatchItemFailures) != len(c.batch) {
				t.Errorf("handled %v and reported %q of %d", handled, failuresOf(got), len(c.batch))
			}
			if raw, _ := json.Marshal(got); bytes.Contains(raw, []byte("null")) {
				t.Errorf("Lambda takes this for a failure of the whole batch: %s", raw)
			}
		})
	}
}

func TestQueueStopsBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(500*time.Millisecond)) // within the margin
	defer cancel()
	handler := lambdaevent.Queue(logging.Discard(), func(context.Context, string, string) error {
		t.Error("begun although there is no time left")
		return nil
	})
	got, err := handler(ctx, events.SQSEvent{Records: []events.SQSMessage{message("a", ""), message("b", "")}})
	if err != nil || failuresOf(got) != "a b" {
		t.Errorf("%q %v", failuresOf(got), err)
	}
}

func TestQueueReadsTheSamples(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var ids []string
	handler := lambdaevent.Queue(logging.New(&log, slog.LevelInfo), func(_ context.Context, _, body string) error {
		var envelope struct {
			Detail struct {
				ID string `json:"id"`
			} `json:"detail"`
		}
		if err := json.Unmarshal([]byte(body), &envelope); err != nil {
			return err
		}
		ids = append(ids, envelope.Detail.ID)
		return errs.Wrap(errs.Invalid, "no", errors.New("because"))
	})
	got, err := handler(t.Context(), sample[events.SQSEvent](t, "sqs/ingest.json"))
	if err != nil || len(got.BatchItemFailures) != 2 || len(ids) != 2 || !strings.HasPrefix(ids[0], "gitlab-") {
		t.Errorf("%v %v %v", got, ids, err)
	}
	if strings.Contains(log.String(), "shop/orders") || !strings.Contains(log.String(), `"errorKind":"Invalid"`) {
		t.Errorf("the log: %s", log.String())
	}
}

func TestStreamGivesWhatWasWritten(t *testing.T) {
	t.Parallel()
	var got []table.Item
	handler := lambdaevent.Stream(logging.Discard(), func(_ context.Context, items []table.Item) error {
		got = append(got, items...)
		return nil
	})
	batch := sample[events.DynamoDBEvent](t, "dynamodb/stream.json")
	batch.Records = append(batch.Records, foreign("no body"), foreign("number as key"))
	out, err := handler(t.Context(), batch)
	if err != nil || len(out.BatchItemFailures) != 0 {
		t.Fatal(out, err)
	}
	for i := range got {
		if i != 1 {
			got[i].Body = nil
		}
	}
	want := []table.Item{
		{Key: table.Key{PK: "OUTBOX", SK: "2026-11-20T13:03:52.114000000Z#gitlab-0b6f4f52c1d5e7a98e3f2c4d6a710"}, Revision: "0199f0c0-aaaa"},
		{
			Key: table.Key{PK: "DELIVERY#gitlab#4be1", SK: "DELIVERY"}, Revision: "0199f0c0-bbbb",
			Body: []byte(`{"kind":"push","projectId":4711}`), Expires: time.Date(2026, 12, 4, 13, 3, 52, 0, time.UTC),
		},
		{Key: table.Key{PK: "SNAPSHOT", SK: "1"}, Revision: "0199f0c0-cccc"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// foreign is a record of an item that Slipway did not write.
func foreign(what string) events.DynamoDBEventRecord {
	image := map[string]events.DynamoDBAttributeValue{"pk": events.NewStringAttribute("p"), "sk": events.NewStringAttribute("s")}
	if what == "number as key" {
		image["pk"], image["b"] = events.NewNumberAttribute("1"), events.NewStringAttribute("x")
	}
	return events.DynamoDBEventRecord{EventName: "INSERT", Change: events.DynamoDBStreamRecord{NewImage: image, SequenceNumber: "1"}}
}

func TestStreamReportsTheFirstThatFails(t *testing.T) {
	t.Parallel()
	record := func(n string) events.DynamoDBEventRecord {
		return events.DynamoDBEventRecord{EventName: "INSERT", Change: events.DynamoDBStreamRecord{SequenceNumber: n, NewImage: map[string]events.DynamoDBAttributeValue{
			"pk": events.NewStringAttribute("p"), "sk": events.NewStringAttribute(n), "b": events.NewBinaryAttribute([]byte(n)),
		}}}
	}
	batch := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{record("1"), record("2"), record("3"), record("4")}}
	for poison, want := range map[string]string{"1": "1", "3": "3", "none": ""} {
		failedOnce := false
		seen := map[string]int{}
		handler := lambdaevent.Stream(logging.Discard(), func(_ context.Context, items []table.Item) error {
			for _, i := range items {
				if i.SK == poison {
					panic("poison")
				}
				seen[i.SK]++
			}
			if poison == "none" && !failedOnce { // the batch fails, each item alone does not
				failedOnce = true
				return errors.New("throttled")
			}
			return nil
		})
		out, err := handler(t.Context(), batch)
		got := ""
		if len(out.BatchItemFailures) > 0 {
			got = out.BatchItemFailures[0].ItemIdentifier
		}
		if err != nil || got != want || len(out.BatchItemFailures) > 1 {
			t.Errorf("poison %s: got %q, %v", poison, got, err)
		}
		for _, n := range []string{"1", "2", "3", "4"} {
			if before := want == "" || n < want; before && seen[n] == 0 {
				t.Errorf("poison %s: item %s was reported as done but never handled", poison, n)
			}
		}
	}
}

func TestTasks(t *testing.T) {
	t.Parallel()
	handler := lambdaevent.Tasks(map[string]workflow.Task{
		"RunStep": func(_ context.Context, in json.RawMessage) (json.RawMessage, error) { return in, nil },
		"Nothing": func(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, nil },
		"Named": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return nil, &workflow.TaskError{Name: "Slipway.PipelineFailed", Cause: "unit failed"}
		},
		"Plain": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return nil, errs.Wrap(errs.Unavailable, "GitLab can't be reached", errors.New("dial secret-host"))
		},
		"Secret": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return nil, errors.New("password=hunter2")
		},
		"Long": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return nil, errs.New(errs.Conflict, strings.Repeat("x", 100_000))
		},
	})
	step := string(must(samples.Sample("tasks/run-step.json")))
	for in, want := range map[string]struct{ out, name, cause string }{
		step:                 {out: step},
		`{"task":"Nothing"}`: {out: "null"},
		`{"task":"Named"}`:   {name: "Slipway.PipelineFailed", cause: "unit failed"},
		`{"task":"Plain"}`:   {name: "Slipway.Unavailable", cause: "GitLab can't be reached"},
		`{"task":"Secret"}`:  {name: "Slipway.Internal", cause: "an internal error occurred"},
		`{"task":"Long"}`:    {name: "Slipway.Conflict", cause: strings.Repeat("x", 4096)},
		`{"task":"Nope"}`:    {name: "Slipway.UnknownTask", cause: `this function has no task "Nope"`},
		`{}`:                 {name: "Slipway.UnknownTask", cause: `this function has no task ""`},
		`{"task":1}`:         {name: "Slipway.Invalid", cause: "the payload of a task is not a JSON object"},
		`[]`:                 {name: "Slipway.Invalid", cause: "the payload of a task is not a JSON object"},
	} {
		out, err := handler(t.Context(), json.RawMessage(in))
		var named messages.InvokeResponse_Error
		if errors.As(err, &named); string(out) != want.out || named.Type != want.name || named.Message != want.cause {
			t.Errorf("%s: got %s, %v", in, out, err)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
