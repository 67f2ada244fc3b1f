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

func TestAMissingPermissionIsNamed(t *testing.T) {
	t.Parallel()
	const who = "User: arn:aws:sts::111111111111:assumed-role/creation/f is "
	for name, c := range map[string]struct{ code, said, want string }{
		"by a policy that lacks it": {"AccessDeniedException", who + "not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:eu-west-1:111111111111:parameter/x because no identity-based policy allows the ssm:GetParameters action",
			"it can't be read: AWS does not allow ssm:GetParameters"},
		"by a trust policy":        {"AccessDenied", who + "not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/r", "it can't be read: AWS does not allow sts:AssumeRole"},
		"of a service with digits": {"AccessDenied", "not authorized to perform: s3:GetObjectVersion", "it can't be read: AWS does not allow s3:GetObjectVersion"},
		"without its name":         {"AccessDeniedException", "Access denied to KMS", "it can't be read"},
		"in other words":           {"AccessDeniedException", "not authorized to perform: <b>arn:aws:iam::1:role/r</b>", "it can't be read"},
		"by something else":        {"ValidationException", "not authorized to perform: ssm:GetParameters", "it can't be read"},
	} {
		cause := &smithy.GenericAPIError{Code: c.code, Message: c.said}
		if got := awserr.Wrap("it can't be read", status(400, cause)); got.Message != c.want {
			t.Errorf("%s: %s", name, got.Message)
		}
		if got := awserr.WrapOwn("it can't be read", status(400, cause)); got.Message != "it can't be read" {
			t.Errorf("%s, of our own: %s", name, got.Message)
		}
	}
	if got := awserr.Wrap("it can't be read", errors.New("not authorized to perform: a:B")); got.Message != "it can't be read" {
		t.Errorf("what AWS did not say: %s", got.Message)
	}
}
