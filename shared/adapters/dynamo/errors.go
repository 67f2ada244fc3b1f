package dynamo

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// conditionFailed is the code of a failed condition among the reasons of a transaction.
const conditionFailed = "ConditionalCheckFailed"

// kindOf is awserr.Kind that looks into why a transaction was cancelled.
func kindOf(err error) errs.Kind {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return awserr.Kind(err)
	}
	kind := errs.Internal
	for _, r := range cancelled.CancellationReasons {
		switch aws.ToString(r.Code) {
		case conditionFailed:
			return errs.Conflict
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			kind = errs.RateLimited
		}
	}
	return kind
}

func classify(err error) error {
	switch kind := kindOf(err); kind {
	case errs.RateLimited:
		return errs.Wrap(kind, "the table is busy", err)
	case errs.Conflict, errs.Internal: // a conflict of the port's sort is told apart before
		return errs.Wrap(errs.Internal, "the table refused the request", err)
	default:
		return awserr.WrapOwn("the table can't be reached or refused the request", err)
	}
}

// lost says that the write may have happened.
func lost(err error) error {
	return errs.Wrap(errs.Unavailable, "the table did not answer; the write may have happened", err)
}

// writeError classifies what a put or a delete failed with. A condition that does not hold
// after an attempt that may have taken effect says nothing: it may be that attempt's work.
func writeError(err error, unsure bool, key table.Key) error {
	var failed *types.ConditionalCheckFailedException
	switch {
	case unsure:
		return lost(err)
	case errors.As(err, &failed):
		return &table.ConditionError{Key: key}
	}
	return classify(err)
}

// transactError names the first write whose condition did not hold. DynamoDB gives one
// reason per write, in their order. Behind an unsure attempt a failed condition still holds
// good: had that attempt been made, its token would have been recognised.
func transactError(err error, unsure bool, writes []table.Write) error {
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		for i, r := range cancelled.CancellationReasons {
			if aws.ToString(r.Code) == conditionFailed && i < len(writes) {
				return &table.ConditionError{Index: i, Key: writes[i].Item.Key}
			}
		}
	}
	if unsure {
		return lost(err)
	}
	return classify(err)
}
