package lambdaevent

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Streams makes a Lambda handler for the streams of several tables: a batch comes from one
// of them, and goes to the handler of that table by its name.
func Streams(log *slog.Logger, byTable map[string]ItemsHandler) func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	handlers := map[string]func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error){}
	for name, handle := range byTable {
		handlers[name] = Stream(log, handle)
	}
	return func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		if len(batch.Records) == 0 {
			return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}, nil
		}
		name := tableOf(batch.Records[0].EventSourceArn)
		handle := handlers[name]
		if handle == nil {
			return events.DynamoDBEventResponse{}, fmt.Errorf("this function does not serve the stream of table %q", name)
		}
		return handle(ctx, batch)
	}
}

// tableOf gives the table of a stream's ARN,
// "arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<time>".
func tableOf(arn string) string {
	_, rest, _ := strings.Cut(arn, ":table/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}
