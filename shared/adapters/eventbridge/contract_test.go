package eventbridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/slipwayhq/slipway/shared/adapters/eventbridge"
	"github.com/slipwayhq/slipway/shared/adapters/eventqueue"
	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/bus/bustest"
	"github.com/slipwayhq/slipway/shared/lambdaevent"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

func TestBusContract(t *testing.T) {
	t.Parallel()
	endpoint := os.Getenv("SLIPWAY_AWS_ENDPOINT")
	if endpoint == "" {
		t.Skip("SLIPWAY_AWS_ENDPOINT is not set: start an emulator of EventBridge and SQS and name its endpoint")
	}
	keys := credentials.NewStaticCredentialsProvider("test", "test", "")
	c := cloud{
		bridge: eb.New(eb.Options{BaseEndpoint: &endpoint, Region: "us-east-1", Credentials: keys}),
		queues: sqs.New(sqs.Options{BaseEndpoint: &endpoint, Region: "us-east-1", Credentials: keys}),
	}
	bustest.Run(t, c.open)
}

// cloud makes buses and queues as template.yaml does.
type cloud struct {
	bridge *eb.Client
	queues *sqs.Client
}

var buses atomic.Int64

func (c cloud) open(t *testing.T, rules map[string]bus.Rule) bustest.Harness {
	name := fmt.Sprintf("contract-%d-%d", os.Getpid(), buses.Add(1))
	if _, err := c.bridge.CreateEventBus(t.Context(), &eb.CreateEventBusInput{Name: &name}); err != nil {
		t.Fatalf("making bus %s: %v", name, err)
	}
	urls, dead := map[string]string{}, map[string]string{}
	for queue, rule := range rules {
		var deadARN, arn string
		dead[queue], deadARN = c.queue(t, name+"-"+queue+"-dlq", nil)
		urls[queue], arn = c.queue(t, name+"-"+queue, map[string]string{
			"VisibilityTimeout": "1",
			"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"%d"}`, deadARN, bus.MaxDeliveries),
		})
		c.route(t, name, queue, rule, arn)
	}
	p, err := eventbridge.New(eventbridge.Config{Client: c.bridge, BusName: name, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	return bustest.Harness{
		Publisher: p,
		Consume: func(ctx context.Context, t *testing.T, handlers map[string]bus.Handler) {
			t.Helper()
			var pollers sync.WaitGroup
			for queue, h := range handlers {
				pollers.Go(func() { c.poll(ctx, t, urls[queue], h) })
			}
			t.Cleanup(pollers.Wait)
		},
		DeadLetters: c.deadLetters(dead),
	}
}

func (c cloud) queue(t *testing.T, name string, attributes map[string]string) (url, arn string) {
	t.Helper()
	made, err := c.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatalf("making queue %s: %v", name, err)
	}
	got, err := c.queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: made.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		t.Fatalf("reading the ARN of %s: %v", name, err)
	}
	return *made.QueueUrl, got.Attributes["QueueArn"]
}

// route makes the rule that fills a queue.
func (c cloud) route(t *testing.T, busName, rule string, r bus.Rule, arn string) {
	t.Helper()
	pattern := map[string]any{"source": []any{map[string]string{"prefix": ""}}}
	if len(r.Sources) > 0 {
		pattern["source"] = r.Sources
	}
	var kinds []any
	for _, kind := range r.Types {
		if prefix, open := strings.CutSuffix(kind, "*"); open {
			kinds = append(kinds, map[string]string{"prefix": prefix})
		} else {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) > 0 {
		pattern["detail-type"] = kinds
	}
	text, err := json.Marshal(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.bridge.PutRule(t.Context(), &eb.PutRuleInput{
		Name: &rule, EventBusName: &busName, EventPattern: aws.String(string(text)),
	}); err != nil {
		t.Fatalf("making rule %s: %v", rule, err)
	}
	out, err := c.bridge.PutTargets(t.Context(), &eb.PutTargetsInput{
		Rule: &rule, EventBusName: &busName, Targets: []ebtypes.Target{{Id: aws.String("queue"), Arn: &arn}},
	})
	if err != nil || out.FailedEntryCount > 0 {
		t.Fatalf("targeting %s: %+v, %v", arn, out, err)
	}
}

// poll does what Lambda does for a queue: hands batches over and removes what was handled.
func (c cloud) poll(ctx context.Context, t *testing.T, url string, h bus.Handler) {
	handle := lambdaevent.Queue(logging.Discard(), eventqueue.Consumer(h))
	for ctx.Err() == nil {
		got, err := c.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			if ctx.Err() == nil {
				t.Errorf("receiving from %s: %v", url, err)
			}
			return
		}
		var batch events.SQSEvent
		for _, m := range got.Messages {
			batch.Records = append(batch.Records, events.SQSMessage{MessageId: *m.MessageId, Body: *m.Body})
		}
		out, err := handle(ctx, batch)
		if err != nil {
			t.Errorf("handling a batch: %v", err)
		}
		failed := map[string]bool{}
		for _, f := range out.BatchItemFailures {
			failed[f.ItemIdentifier] = true
		}
		c.remove(context.WithoutCancel(ctx), t, url, got.Messages, failed)
	}
}

func (c cloud) remove(ctx context.Context, t *testing.T, url string, messages []sqstypes.Message, failed map[string]bool) {
	for _, m := range messages {
		if failed[*m.MessageId] {
			continue
		}
		if _, err := c.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
			t.Errorf("removing a message: %v", err)
		}
	}
}

// deadLetters collects what reaches the dead letter queues.
func (c cloud) deadLetters(urls map[string]string) func(*testing.T, string) []bus.Event {
	seen := map[string][]bus.Event{}
	return func(t *testing.T, queue string) []bus.Event {
		t.Helper()
		got, err := c.queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(urls[queue]), MaxNumberOfMessages: 10, VisibilityTimeout: int32(time.Hour.Seconds()),
		})
		if err != nil {
			t.Fatalf("reading dead letters: %v", err)
		}
		for _, m := range got.Messages {
			e, err := eventqueue.Decode(*m.Body)
			if err != nil {
				t.Fatalf("a dead letter is no event: %v", err)
			}
			seen[queue] = append(seen[queue], e)
		}
		return seen[queue]
	}
}
