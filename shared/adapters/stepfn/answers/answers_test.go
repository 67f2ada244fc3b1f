package answers_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/stepfn/answers"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// noWait is a clock on which nobody waits.
type noWait struct{ clock.System }

func (noWait) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// service is a Step Functions that fails with a code, "" for none, and keeps what it is told.
type service struct {
	fails string
	told  []string // operation and input
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.told = append(s.told, r.Header.Get("X-Amz-Target")+" "+r.Header.Get("Content-Type")+" "+string(body))
	if s.fails != "" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"com.amazonaws.swf.service.v2.model#`+s.fails+`","message":"as told"}`)
		return
	}
	_, _ = io.WriteString(w, "{}")
}

func (s *service) answers(t *testing.T) *answers.Answers {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	a, err := answers.New(answers.Config{Clock: noWait{}, AWS: aws.Config{
		Region: "eu-central-1", BaseEndpoint: &server.URL, HTTPClient: &http.Client{}, Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	s := &service{}
	a := s.answers(t)
	if err := errors.Join(a.Succeed(t.Context(), "one", json.RawMessage(`{"a": "é"}`)), a.Fail(t.Context(), "two", "Name", strings.Repeat("x", 40000))); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`AWSStepFunctions.SendTaskSuccess application/x-amz-json-1.0 {"output":"{\"a\": \"é\"}","taskToken":"one"}`,
		`AWSStepFunctions.SendTaskFailure application/x-amz-json-1.0 {"cause":"` + strings.Repeat("x", 32768) + `","error":"Name","taskToken":"two"}`,
	}
	if diff := cmp.Diff(want, s.told); diff != "" {
		t.Error(diff)
	}
}

func TestWhatErrorsMean(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]errs.Kind{
		"TaskTimedOut": errs.NotFound, "TaskDoesNotExist": errs.NotFound, "InvalidToken": errs.NotFound,
		"InvalidOutput": errs.Invalid, "ThrottlingException": errs.RateLimited, "AccessDeniedException": errs.Forbidden,
	} {
		a := (&service{fails: code}).answers(t)
		if err := a.Succeed(t.Context(), "token", json.RawMessage(`{}`)); errs.KindOf(err) != want {
			t.Errorf("%s: %v", code, err)
		}
		if err := a.Fail(t.Context(), "token", "Name", "cause"); errs.KindOf(err) != want {
			t.Errorf("%s: failing gives %v", code, err)
		}
	}
}

func TestRefusedWithoutACall(t *testing.T) {
	t.Parallel()
	s := &service{}
	a := s.answers(t)
	for _, token := range []string{"", strings.Repeat("x", 2049)} {
		for _, err := range []error{a.Succeed(t.Context(), token, json.RawMessage(`{}`)), a.Fail(t.Context(), token, "Name", "cause")} {
			if !errors.Is(err, errs.NotFound) {
				t.Errorf("the token %.10q gives %v", token, err)
			}
		}
	}
	if err := a.Succeed(t.Context(), "token", json.RawMessage(`{`)); !errors.Is(err, errs.Invalid) || len(s.told) != 0 {
		t.Errorf("output that is no JSON gives %v; sent %v", err, s.told)
	}
	if _, err := answers.New(answers.Config{}); err == nil {
		t.Error("answers were made of nothing")
	}
}
