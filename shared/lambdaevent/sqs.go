// Package lambdaevent owns the step between the triggers of Lambda that are not HTTP and
// the code that handles what they bring: queues, table streams, state machines and
// schedules. It reports partial failures the way each trigger wants to hear of them. What
// a message means is for the handlers to know.
package lambdaevent

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// margin is the time before the function's deadline at which no further message is begun:
// enough to report the rest.
const margin = time.Second

// MessageHandler consumes the body of one message. It is called again for a message that
// it returned an error for, up to the queue's limit.
type MessageHandler func(ctx context.Context, id, body string) error

// Queue makes a Lambda handler for a queue with ReportBatchItemFailures. Messages are
// handled one by one; those that fail, or that there was no time left for, are reported
// and come again. In a FIFO queue the messages behind a failed one of the same group are
// reported unhandled, so that they keep their order.
func Queue(log *slog.Logger, handle MessageHandler) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		ctx, cancel := beforeDeadline(ctx)
		defer cancel()
		out := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
		blocked := map[string]bool{}
		for _, m := range batch.Records {
			group := m.Attributes["MessageGroupId"]
			err := ctx.Err()
			if err == nil && !blocked[group] {
				err = guarded(func() error { return handle(ctx, m.MessageId, m.Body) })
			}
			if err == nil && !blocked[group] {
				continue
			}
			blocked[group] = group != ""
			out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			report(ctx, log, m, err)
		}
		return out, nil
	}
}

func report(ctx context.Context, log *slog.Logger, m events.SQSMessage, err error) {
	attrs := []any{slog.String("messageId", m.MessageId), slog.String("receiveCount", m.Attributes["ApproximateReceiveCount"])}
	if err == nil {
		log.WarnContext(ctx, "message put back behind a failed one", attrs...)
		return
	}
	attrs = append(attrs, slog.String("errorKind", string(errs.KindOf(err))), slog.String("error", err.Error()))
	log.ErrorContext(ctx, "message not handled", attrs...)
}

// beforeDeadline gives a context that ends a little before the function does.
func beforeDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-margin))
	}
	return context.WithCancel(ctx)
}

// guarded makes a panic an error: it must not take the rest of the batch with it.
func guarded(work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.Wrap(errs.Internal, "the handler panicked", fmt.Errorf("%v\n%s", p, debug.Stack()))
		}
	}()
	return work()
}
