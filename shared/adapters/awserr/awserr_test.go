package awserr_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func api(code string, fault smithy.ErrorFault) error {
	return &smithy.OperationError{ServiceID: "S", OperationName: "O", Err: &smithy.GenericAPIError{Code: code, Fault: fault}}
}

func status(code int, cause error) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: code}}, Err: cause,
	}
}

func TestKind(t *testing.T) {
	t.Parallel()
	dial := &smithyhttp.RequestSendError{Err: &net.OpError{Op: "dial", Err: errors.New("refused")}}
	for _, c := range []struct {
		name string
		err  error
		want errs.Kind
	}{
		{"known code", api("ThrottlingException", smithy.FaultClient), errs.RateLimited},
		{"known code with a status", status(400, api("ConditionalCheckFailedException", 0)), errs.Conflict},
		{"unknown code of the server", api("Oops", smithy.FaultServer), errs.Unavailable},
		{"unknown code of the client", api("Oops", smithy.FaultClient), errs.Internal},
		{"unknown code with a status", status(503, api("Oops", smithy.FaultClient)), errs.Unavailable},
		{"too many requests without a code", status(429, errors.New("no body")), errs.RateLimited},
		{"gateway without a code", status(502, errors.New("no body")), errs.Unavailable},
		{"redirect without a code", status(301, errors.New("no body")), errs.Internal},
		{"an answer that breaks off", status(200, errors.New("connection closed")), errs.Unavailable},
		{"no connection", dial, errs.Unavailable},
		{"connection lost", &smithyhttp.RequestSendError{Err: io.ErrUnexpectedEOF}, errs.Unavailable},
		{"given up", fmt.Errorf("x: %w", &smithy.CanceledError{Err: context.Canceled}), errs.Unavailable},
		{"own credentials", api("ExpiredToken", smithy.FaultClient), errs.Internal},
		{"anything else", errors.New("x"), errs.Internal},
	} {
		if got := awserr.Kind(c.err); got != c.want {
			t.Errorf("%s is %s, want %s", c.name, got, c.want)
		}
	}
	if !awserr.NotSent(dial) || awserr.NotSent(&smithyhttp.RequestSendError{Err: io.EOF}) {
		t.Error("NotSent does not tell a refused connection from a lost one")
	}
}

func TestOwnResourcesSayNothingAboutTheCaller(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]errs.Kind{
		"AccessDeniedException": errs.Internal, "ResourceNotFoundException": errs.Internal, "SlowDown": errs.RateLimited,
	} {
		err := awserr.WrapOwn("the table can't be read", api(code, smithy.FaultClient))
		if err.Kind != want || awserr.Code(err) != code {
			t.Errorf("%s gives %s %q", code, err.Kind, awserr.Code(err))
		}
	}
	if got := awserr.Wrap("no such secret", api("ResourceNotFoundException", 0)); got.Kind != errs.NotFound {
		t.Errorf("somebody else's missing resource gives %s", got.Kind)
	}
}
