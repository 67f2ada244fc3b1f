package awsparams_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/slipwayhq/slipway/shared/adapters/assumerole"
	"github.com/slipwayhq/slipway/shared/adapters/awsparams"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// TestWhatIsNotAllowedIsNamed: where, and which permission, but not who lacks it.
func TestWhatIsNotAllowedIsNamed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, `{"__type":"AccessDeniedException","Message":"User: arn:aws:sts::999999999999:assumed-role/creation/f is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:eu-west-1:999999999999:parameter/x because no identity-based policy allows the ssm:GetParameters action"}`)
	}))
	defer server.Close()
	cfg := aws.Config{Region: region, BaseEndpoint: &server.URL, HTTPClient: &http.Client{}, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "c")}
	roles, err1 := assumerole.New(assumerole.Config{AWS: cfg, Clock: clock.System{}})
	s, err2 := awsparams.New(awsparams.Config{AWS: cfg, Roles: roles, Clock: clock.System{}})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	_, err := s.Parameters(t.Context(), actions.Place{Account: "999999999999", Region: region}, []string{"/x"})
	const want = "parameters of account 999999999999 in eu-west-1 can't be read: AWS does not allow ssm:GetParameters"
	if !errors.Is(err, errs.Forbidden) || errs.Message(err) != want {
		t.Errorf("%v: %s", err, errs.Message(err))
	}
}
