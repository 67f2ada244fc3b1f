package lambdaevent

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// The attributes of an item in DynamoDB, as the adapter dynamo writes them.
const (
	attrPartition = "pk"
	attrSort      = "sk"
	attrBody      = "b"
	attrRevision  = "r"
	attrExpires   = "ttl"
)

// ItemsHandler consumes items that were written, in the order of the stream. It may be
// given an item again that it has handled before.
type ItemsHandler func(ctx context.Context, items []table.Item) error

// entry is an item with its place in the stream.
type entry struct {
	sequence string
	item     table.Item
}

// Stream makes a Lambda handler for a table's stream of new images with
// ReportBatchItemFailures. The items of a batch are handled together; when that fails, one
// by one, to find the first that can't be: the stream continues there.
func Stream(log *slog.Logger, handle ItemsHandler) func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		ctx, cancel := beforeDeadline(ctx)
		defer cancel()
		out := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}
		entries := written(ctx, log, batch.Records)
		if len(entries) == 0 || guarded(func() error { return handle(ctx, items(entries)) }) == nil {
			return out, nil
		}
		for _, e := range entries {
			err := ctx.Err()
			if err == nil {
				err = guarded(func() error { return handle(ctx, items([]entry{e})) })
			}
			if err != nil {
				log.ErrorContext(ctx, "stream item not handled", slog.String("sequenceNumber", e.sequence),
					slog.String("errorKind", string(errs.KindOf(err))), slog.String("error", err.Error()))
				out.BatchItemFailures = append(out.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: e.sequence})
				return out, nil
			}
		}
		return out, nil
	}
}

func items(entries []entry) []table.Item {
	out := make([]table.Item, len(entries))
	for i, e := range entries {
		out[i] = e.item
	}
	return out
}

// written gives the items that were put. Removals have no new image. An item that is not
// ours is logged and passed over: it would hold up the shard until it expires.
func written(ctx context.Context, log *slog.Logger, records []events.DynamoDBEventRecord) []entry {
	var out []entry
	for _, r := range records {
		if len(r.Change.NewImage) == 0 {
			continue
		}
		item, err := itemOf(r.Change.NewImage)
		if err != nil {
			log.ErrorContext(ctx, "unreadable stream record", slog.String("sequenceNumber", r.Change.SequenceNumber), slog.String("error", err.Error()))
			continue
		}
		out = append(out, entry{r.Change.SequenceNumber, item})
	}
	return out
}

func itemOf(image map[string]events.DynamoDBAttributeValue) (table.Item, error) {
	item := table.Item{
		Key:      table.Key{PK: text(image[attrPartition]), SK: text(image[attrSort])},
		Revision: text(image[attrRevision]),
	}
	body, found := image[attrBody] // the zero value claims to be binary
	switch {
	case found && body.DataType() == events.DataTypeString:
		item.Body = []byte(body.String())
	case found && body.DataType() == events.DataTypeBinary:
		item.Body = body.Binary()
	default:
		return table.Item{}, errs.New(errs.Invalid, "an item of the stream has no body")
	}
	if ttl := image[attrExpires]; ttl.DataType() == events.DataTypeNumber {
		seconds, err := strconv.ParseInt(ttl.Number(), 10, 64)
		if err != nil {
			return table.Item{}, errs.Wrap(errs.Invalid, "an item of the stream expires at no time", err)
		}
		item.Expires = time.Unix(seconds, 0).UTC()
	}
	return item, table.ValidateKey(item.Key)
}

// text gives a string attribute, "" for anything else: the library panics on other types.
func text(v events.DynamoDBAttributeValue) string {
	if v.DataType() != events.DataTypeString {
		return ""
	}
	return v.String()
}
