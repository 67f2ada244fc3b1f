package stepfn_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/slipwayhq/slipway/shared/adapters/stepfn"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

const machineARN = "arn:aws:states:eu-central-1:111111111111:stateMachine:m"

// service answers each operation of Step Functions with a body; one that names an error
// is a failure, as in the AWS JSON 1.0 protocol.
type service map[string]string

func (s service) port(t *testing.T) *stepfn.Workflows {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if strings.Contains(s[operation], "__type") {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = io.WriteString(w, s[operation])
	}))
	t.Cleanup(server.Close)
	port, err := stepfn.New(stepfn.Config{
		Client: sfn.NewFromConfig(aws.Config{
			Region: "eu-central-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
		}),
		MachineARN: func(machine string) (string, bool) { return machineARN, machine == "m" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func fault(code string) string { return `{"__type":"` + code + `","message":"as told"}` }

const (
	startsAndStops = `{"executionArn":"arn","startDate":1,"stopDate":2}`
	endedExecution = `{"executionArn":"arn","stateMachineArn":"arn","status":"SUCCEEDED","startDate":1,"stopDate":2,"input":"{\"a\": [1.0, 2]}","output":"7"}`
	activeOne      = `{"executionArn":"arn","stateMachineArn":"arn","status":"PENDING_REDRIVE","startDate":1,"stopDate":2,"input":"{}"}`
)

func TestWhatErrorsMean(t *testing.T) {
	t.Parallel()
	start := func(input string) func(*stepfn.Workflows) error {
		return func(w *stepfn.Workflows) error { return w.Start(t.Context(), "m", "one", json.RawMessage(input)) }
	}
	stop := func(w *stepfn.Workflows) error { return w.Stop(t.Context(), "m", "one", "cause") }
	for name, c := range map[string]struct {
		answers service
		do      func(*stepfn.Workflows) error
		want    errs.Kind // "" for success
	}{
		"started":               {service{"StartExecution": startsAndStops}, start(`{}`), ""},
		"taken by the same":     {service{"StartExecution": fault("ExecutionAlreadyExists"), "DescribeExecution": endedExecution}, start(`{"a":[1,2]}`), ""},
		"taken by another":      {service{"StartExecution": fault("ExecutionAlreadyExists"), "DescribeExecution": endedExecution}, start(`{"a":[1,3]}`), errs.Conflict},
		"no machine":            {service{"StartExecution": fault("StateMachineDoesNotExist")}, start(`{}`), errs.NotFound},
		"too many run":          {service{"StartExecution": fault("ExecutionLimitExceeded")}, start(`{}`), errs.RateLimited},
		"throttled":             {service{"StartExecution": fault("ThrottlingException")}, start(`{}`), errs.RateLimited},
		"not allowed":           {service{"StartExecution": fault("AccessDeniedException")}, start(`{}`), errs.Forbidden},
		"stopped":               {service{"StopExecution": startsAndStops}, stop, ""},
		"ended before":          {service{"StopExecution": fault("ValidationException"), "DescribeExecution": endedExecution}, stop, ""},
		"can't be stopped":      {service{"StopExecution": fault("ValidationException"), "DescribeExecution": activeOne}, stop, errs.Invalid},
		"nothing to stop":       {service{"StopExecution": fault("ExecutionDoesNotExist")}, stop, errs.NotFound},
		"stopping is throttled": {service{"StopExecution": fault("ThrottlingException")}, stop, errs.RateLimited},
	} {
		err := c.do(c.answers.port(t))
		if got := errs.KindOf(err); got != c.want {
			t.Errorf("%s: the error is %v, of kind %q", name, err, got)
		}
	}
}

func TestHistoryReadsAllPages(t *testing.T) {
	t.Parallel()
	pages := []string{
		`{"events":[{"id":1,"timestamp":1,"type":"ExecutionStarted"},{"id":2,"timestamp":2,"type":"TaskStateEntered","stateEnteredEventDetails":{"name":"S"}}],"nextToken":"more"}`,
		`{"events":[{"id":3,"timestamp":3,"type":"TaskFailed","taskFailedEventDetails":{"error":"E","resource":"r","resourceType":"t"}},{"id":4,"timestamp":4,"type":"ExecutionFailed","executionFailedEventDetails":{"error":"E"}}]}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ NextToken string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		page := pages[0]
		if in.NextToken == "more" {
			page = pages[1]
		}
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(server.Close)
	port, err := stepfn.New(stepfn.Config{
		Client: sfn.NewFromConfig(aws.Config{
			Region: "eu-central-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
		}),
		MachineARN: func(string) (string, bool) { return machineARN, true },
	})
	if err != nil {
		t.Fatal(err)
	}
	history, err := port.History(t.Context(), "m", "one")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range history {
		got = append(got, e.Type+" "+e.State+e.Error)
	}
	if want := "ExecutionStarted |TaskStateEntered S|TaskFailed E|ExecutionFailed E"; strings.Join(got, "|") != want {
		t.Errorf("the history is %q", got)
	}
}

func TestRefusedWithoutACall(t *testing.T) {
	t.Parallel()
	port := service{}.port(t)
	for want, err := range map[errs.Kind]error{
		errs.Invalid:  port.Start(t.Context(), "m", "a b", nil),
		errs.NotFound: port.Start(t.Context(), "other", "one", nil),
	} {
		if !errors.Is(err, want) {
			t.Errorf("the error is %v, not of kind %s", err, want)
		}
	}
	if _, err := stepfn.New(stepfn.Config{}); !errors.Is(err, errs.Invalid) {
		t.Errorf("an empty Config gives %v", err)
	}
	if x, err := (service{"DescribeExecution": activeOne}).port(t).Describe(t.Context(), "m", "one"); err != nil || x.Status != workflow.Running || !x.Stopped.IsZero() {
		t.Errorf("an execution to be redriven is %+v, %v", x, err)
	}
}
