package awsclient_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// noWait is a clock on which nobody waits.
type noWait struct{ clock.System }

func (noWait) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// service gives its answers in turn, the last one again and again.
type service struct {
	answers  []answer
	requests []*http.Request
	bodies   []string
}

type answer struct {
	status int
	header string // "Name: value"
	body   string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.requests, s.bodies = append(s.requests, r), append(s.bodies, string(body))
	a := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	if name, value, ok := strings.Cut(a.header, ": "); ok {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

func calls(t *testing.T, s *service) *awsclient.Calls {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	cfg := aws.Config{Region: "eu-west-1", BaseEndpoint: &server.URL, HTTPClient: &http.Client{}, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "session")}
	c, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: cfg, Service: "ssm", Clock: noWait{}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACallInJSON(t *testing.T) {
	t.Parallel()
	s := &service{answers: []answer{{200, "", `{"Value": "v"}`}}}
	var out struct{ Value string }
	if err := calls(t, s).JSON(t.Context(), "AmazonSSM.GetParameter", map[string]string{"Name": "/x"}, &out); err != nil || out.Value != "v" {
		t.Fatalf("%+v, %v", out, err)
	}
	r := s.requests[0]
	if r.Method != http.MethodPost || r.URL.Path != "/" || s.bodies[0] != `{"Name":"/x"}` || r.Header.Get("X-Amz-Target") != "AmazonSSM.GetParameter" ||
		r.Header.Get("Content-Type") != "application/x-amz-json-1.1" || !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/ssm/aws4_request") {
		t.Errorf("%s %s %v: %s", r.Method, r.URL, r.Header, s.bodies[0])
	}
	if err := calls(t, s).JSON10(t.Context(), "T.O", nil, nil); err != nil || s.requests[1].Header.Get("Content-Type") != "application/x-amz-json-1.0" {
		t.Errorf("in JSON 1.0: %v, %v", err, s.requests[1].Header)
	}
}

func TestACallInQuery(t *testing.T) {
	t.Parallel()
	s := &service{answers: []answer{{200, "", `<R xmlns="https://x/"><Result><Value>v</Value></Result></R>`}}}
	var out struct {
		Value string `xml:"Result>Value"`
	}
	if err := calls(t, s).Query(t.Context(), url.Values{"Action": {"A b"}}, &out); err != nil || out.Value != "v" || s.bodies[0] != "Action=A+b" {
		t.Fatalf("%+v, %v, sent %v", out, err, s.bodies)
	}
}

func TestWhatAnswersMean(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first answer
		kind  errs.Kind
		code  string
		sent  int
	}{
		"code in the document":       {answer{400, "", `{"__type":"com.amazonaws.ssm#ParameterNotFound","message":"no"}`}, errs.NotFound, "ParameterNotFound", 1},
		"code in a header":           {answer{400, "X-Amzn-Errortype: ThrottlingException:http://internal/", `{}`}, "", "", 2},
		"code without a namespace":   {answer{400, "", `{"__type":"AccessDeniedException","Message":"no"}`}, errs.Forbidden, "AccessDeniedException", 1},
		"XML":                        {answer{403, "", `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`}, errs.Internal, "", 1},
		"a gateway":                  {answer{502, "", `<html>`}, "", "", 2},
		"a document that is cut off": {answer{200, "", `{"Value": "v`}, "", "", 2},
		"a redirect":                 {answer{307, "Location: http://127.0.0.1:1/", ""}, errs.Internal, "", 1},
		"nothing":                    {answer{400, "", ""}, errs.Internal, "", 1},
	} {
		s := &service{answers: []answer{c.first, {200, "", `{"Value": "v"}`}}}
		var out struct{ Value string }
		err := calls(t, s).JSON(t.Context(), "T.O", nil, &out)
		kind := errs.Kind("")
		if err != nil {
			kind = awserr.Kind(err)
		}
		if kind != c.kind || awserr.Code(err) != c.code || len(s.requests) != c.sent {
			t.Errorf("%s: %d requests give %v (%s %s)", name, len(s.requests), err, kind, awserr.Code(err))
		}
	}
	s := &service{answers: []answer{{400, "", `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`}}}
	if err := calls(t, s).Query(t.Context(), nil, &struct{}{}); awserr.Kind(err) != errs.Forbidden {
		t.Errorf("refused in XML: %v", err)
	}
}

// An answer that can't be read may hold a secret: no error shows any of it.
func TestNothingOfAnAnswerIsShown(t *testing.T) {
	t.Parallel()
	s := &service{answers: []answer{{200, "", `{"Value": hunter2}`}}}
	err := calls(t, s).JSON(t.Context(), "T.O", nil, &struct{}{})
	if !errors.Is(err, errs.Unavailable) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "'h'") {
		t.Error(err)
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	base := "https://vpce.example.com/x/"
	for _, c := range []struct {
		region string
		base   *string
		want   string
	}{
		{"eu-west-1", nil, "https://ssm.eu-west-1.amazonaws.com"}, {"cn-north-1", nil, "https://ssm.cn-north-1.amazonaws.com.cn"},
		{"eu-west-1", &base, "https://vpce.example.com/x"}, {"evil.example.com/", nil, ""}, {"", nil, ""}, {"a@b", nil, ""},
	} {
		at, own, err := awsclient.Endpoint(aws.Config{Region: c.region, BaseEndpoint: c.base}, "ssm")
		if (err == nil) != (c.want != "") || err == nil && (at.String() != c.want || own != (c.base != nil)) {
			t.Errorf("%s: %v, %v, %v", c.region, at, own, err)
		}
	}
	if _, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: aws.Config{Region: "eu-west-1"}, Service: "ssm"}); err == nil {
		t.Error("calls without credentials, client and clock")
	}
}
