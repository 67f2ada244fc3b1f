// Package awserr owns what the errors of AWS mean to Slipway: each error code is given a
// kind here, once, for all adapters.
//
// It does not know services: codes are compared, not types, because the services share
// them. What one service means by a code in one call (a failed condition, say) is its
// adapter's to decide before it asks this package.
//
// Flow: an adapter calls Wrap with what it was doing, or WrapOwn when the resource is
// Slipway's own; its retries ask Kind and NotSent. Of AWS's own words, only the name of a
// missing permission is shown.
package awserr

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// kinds is the meaning of each code; see "Common errors" and the error lists of the
// services' API references.
var kinds = map[string]errs.Kind{
	"BandwidthLimitExceeded":                 errs.RateLimited,
	"ConditionalRequestConflict":             errs.RateLimited, // S3: another write was under way
	"ExecutionLimitExceeded":                 errs.RateLimited, // Step Functions: too many run already
	"LimitExceededException":                 errs.RateLimited,
	"PriorRequestNotComplete":                errs.RateLimited,
	"ProvisionedThroughputExceededException": errs.RateLimited,
	"RequestLimitExceeded":                   errs.RateLimited,
	"RequestThrottled":                       errs.RateLimited,
	"RequestThrottledException":              errs.RateLimited,
	"SlowDown":                               errs.RateLimited,
	"Throttling":                             errs.RateLimited,
	"ThrottlingException":                    errs.RateLimited,
	"ThrottledException":                     errs.RateLimited,
	"TooManyRequestsException":               errs.RateLimited,
	"TransactionConflictException":           errs.RateLimited, // nothing was written

	"InternalError":                  errs.Unavailable,
	"InternalException":              errs.Unavailable,
	"InternalFailure":                errs.Unavailable,
	"InternalServerError":            errs.Unavailable,
	"RequestTimeout":                 errs.Unavailable,
	"RequestTimeoutException":        errs.Unavailable,
	"ServiceException":               errs.Unavailable,
	"ServiceUnavailable":             errs.Unavailable,
	"ServiceUnavailableException":    errs.Unavailable,
	"TransactionInProgressException": errs.Unavailable,

	"NoSuchEntity":               errs.NotFound,
	"NoSuchKey":                  errs.NotFound,
	"NotFound":                   errs.NotFound,
	"NotFoundException":          errs.NotFound,
	"ResourceNotFound":           errs.NotFound,
	"ResourceNotFoundException":  errs.NotFound,
	"ExecutionDoesNotExist":      errs.NotFound,
	"StateMachineDoesNotExist":   errs.NotFound,
	"TaskDoesNotExist":           errs.NotFound,
	"ClusterNotFoundException":   errs.NotFound,
	"ServiceNotFoundException":   errs.NotFound,
	"FunctionNotFoundException":  errs.NotFound,
	"ParameterNotFound":          errs.NotFound,
	"StackNotFoundException":     errs.NotFound,
	"TargetNotFoundException":    errs.NotFound,
	"QueueDoesNotExist":          errs.NotFound,
	"ReceiptHandleIsInvalid":     errs.Invalid,
	"InvalidExecutionInput":      errs.Invalid,
	"InvalidName":                errs.Invalid,
	"InvalidOutput":              errs.Invalid,
	"InvalidToken":               errs.Invalid,
	"InvalidInput":               errs.Invalid,
	"InvalidParameter":           errs.Invalid,
	"InvalidParameterException":  errs.Invalid,
	"InvalidParameterValue":      errs.Invalid,
	"InvalidRequest":             errs.Invalid,
	"InvalidRequestException":    errs.Invalid,
	"SerializationException":     errs.Invalid,
	"ValidationError":            errs.Invalid,
	"ValidationException":        errs.Invalid,
	"EntityTooLarge":             errs.TooLarge,
	"MaxMessageLengthExceeded":   errs.TooLarge,
	"RequestEntityTooLarge":      errs.TooLarge,
	"StateTaskTokenSizeExceeded": errs.TooLarge,

	"RequestEntityTooLargeException":           errs.TooLarge,
	"ItemCollectionSizeLimitExceededException": errs.TooLarge,

	"ConditionalCheckFailedException": errs.Conflict,
	"ConflictException":               errs.Conflict,
	"EntityAlreadyExists":             errs.Conflict,
	"ExecutionAlreadyExists":          errs.Conflict,
	"PreconditionFailed":              errs.Conflict,
	"ResourceConflictException":       errs.Conflict,
	"ResourceExistsException":         errs.Conflict,
	"ResourceInUseException":          errs.Conflict,
	"TaskTimedOut":                    errs.Conflict,
	"TransactionCanceledException":    errs.Conflict,

	"AccessDenied":           errs.Forbidden,
	"AccessDeniedException":  errs.Forbidden,
	"AuthorizationError":     errs.Forbidden,
	"UnauthorizedOperation":  errs.Forbidden,
	"NotAuthorizedException": errs.Forbidden,
}

// Code gives the error code that AWS answered with, "" when it did not answer.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Kind says what an error of an AWS call means; one that has a kind already keeps it.
// Problems with Slipway's own credentials are Internal: whoever asked has nothing to do
// with them.
func Kind(err error) errs.Kind {
	var known *errs.Error
	if errors.As(err, &known) {
		return known.Kind
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errs.Unavailable
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		if kind, known := kinds[api.ErrorCode()]; known {
			return kind
		}
	}
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.Response != nil {
		return kindOfStatus(answer.HTTPStatusCode())
	}
	var send *smithyhttp.RequestSendError
	var network net.Error
	switch {
	case errors.As(err, &send), errors.As(err, &network):
		return errs.Unavailable
	case api != nil && api.ErrorFault() == smithy.FaultServer:
		return errs.Unavailable
	}
	return errs.Internal
}

// KindOfCode says what a code means that AWS gave inside of a successful answer, for one
// of several entries.
func KindOfCode(code string) errs.Kind {
	if kind, known := kinds[code]; known {
		return kind
	}
	return errs.Internal
}

func kindOfStatus(status int) errs.Kind {
	switch {
	case status == http.StatusTooManyRequests:
		return errs.RateLimited
	case status >= http.StatusInternalServerError:
		return errs.Unavailable
	case status < http.StatusMultipleChoices:
		return errs.Unavailable // it succeeded, and then the answer broke off
	}
	return errs.Internal
}

// NotSent reports that no connection could be made, so that the call had no effect.
func NotSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// Wrap classifies err. Message says what could not be done and may be shown; where AWS does
// not allow it, the permission that is missing is added.
func Wrap(message string, err error) *errs.Error {
	kind := Kind(err)
	if missing := permission(err); kind == errs.Forbidden && missing != "" {
		message += ": AWS does not allow " + missing
	}
	return errs.Wrap(kind, message, err)
}

// refused is how the services begin to say that they don't allow something
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html). What
// follows names roles and resources, which are nobody's business.
var refused = lazyregexp.New(`not authorized to perform: ([a-z0-9-]{1,40}:[A-Za-z0-9]{1,80})\b`)

// permission gives what is missing according to AWS, "" when it does not say.
func permission(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	if m := refused.FindStringSubmatch(api.ErrorMessage()); m != nil {
		return m[1]
	}
	return ""
}

// WrapOwn classifies err of a call on a resource that Slipway is deployed with: its
// table, its bucket, its bus. There, "access denied" and "no such table" are faults of the
// deployment and say nothing about who asked or what exists, so they are Internal.
func WrapOwn(message string, err error) *errs.Error {
	kind := Kind(err)
	if kind == errs.Forbidden || kind == errs.NotFound {
		kind = errs.Internal
	}
	return errs.Wrap(kind, message, err)
}
