package aws

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/slipwayhq/slipway/events"
	"github.com/slipwayhq/slipway/shared/auth/authtest"
)

const (
	// maxHeaders is what API Gateway takes of a request line with its headers, in bytes.
	maxHeaders = 10 << 10
	// maxPayload is what Lambda takes of an event, in bytes.
	maxPayload = 6 << 20
)

// protected are the functions that let people in by their token, each with a path of it.
var protected = map[string]string{"catalog": "/api/catalog/entities/by-query", "operations": "/api/operations", "scaffolder": "/api/scaffolder/v2/tasks", "auth": "/api/notifications/status"}

// tokens attacks the deployed API with the whole list of bad tokens: over HTTP as far as
// HTTP carries them, and each function directly, with the event that the gateway makes.
func tokens(t *testing.T, s *stack) {
	for function, path := range protected {
		for _, bad := range authtest.BadTokens(s.issuer) { // made anew: what is not valid yet becomes so
			t.Run(fmt.Sprintf("%s %02d %s", function, bad.Number, bad.Name), func(t *testing.T) {
				s.portal.refuses(t, path, bad)
				s.refusesDirectly(t, function, path, bad)
			})
		}
		for name, good := range map[string]string{"RS256": s.issuer.Issue(nil), "ES256": s.issuer.IssueES256(nil)} {
			if status := s.askDirectly(t, function, path, []string{"Bearer " + good}); status != http.StatusOK {
				t.Errorf("%s answers a good %s token with %d", function, name, status)
			}
			(&portal{base: s.portal.base, token: good}).must(t, http.StatusOK, http.MethodGet, path, nil)
		}
	}
	stream := "/api/scaffolder/v2/tasks/" + s.task + "/eventstream"
	for _, bad := range authtest.BadTokens(s.issuer) {
		t.Run(fmt.Sprintf("stream %02d %s", bad.Number, bad.Name), func(t *testing.T) { s.edge("").refuses(t, stream, bad) })
	}
}

func (p *portal) refuses(t *testing.T, path string, bad authtest.BadToken) {
	t.Helper()
	if bad.Query != "" {
		path += "?" + bad.Query
	}
	size := len(path)
	for _, v := range bad.Authorization {
		size += len(v)
	}
	got, err := p.send(t.Context(), http.MethodGet, path, nil, http.Header{"Authorization": bad.Authorization})
	switch {
	case err != nil && (size > maxHeaders || strings.Contains(err.Error(), "invalid header field value")):
		// Not to be sent, or hung up on: it never reaches a function.
	case err != nil:
		t.Error(err)
	case got.Status == http.StatusUnauthorized:
	case size > maxHeaders && (got.Status == http.StatusRequestHeaderFieldsTooLarge || got.Status == http.StatusBadRequest):
	default:
		t.Errorf("over HTTP it is answered with %d: %.300s", got.Status, got.Body)
	}
}

func (s *stack) refusesDirectly(t *testing.T, function, path string, bad authtest.BadToken) {
	t.Helper()
	if size := len(strings.Join(bad.Authorization, ",")); size > maxPayload {
		return // Lambda refuses it
	}
	if bad.Query != "" {
		return // an event without the header is the same as any other without
	}
	if status := s.askDirectly(t, function, path, bad.Authorization); status != http.StatusUnauthorized {
		t.Errorf("the function %s answers it with %d", function, status)
	}
}

// askDirectly invokes a function with the event of a GET request and gives its status.
func (s *stack) askDirectly(t *testing.T, function, path string, authorization []string) int {
	t.Helper()
	out, failure := s.invoke(t, function, eventOf(t, path, authorization))
	var answer struct{ StatusCode int }
	if err := json.Unmarshal(out, &answer); err != nil || failure != "" {
		t.Fatalf("%s: %s %v in %.300s", function, failure, err, out)
	}
	return answer.StatusCode
}

// eventOf gives the event that the gateway makes of a GET request. It joins the values of a
// header with commas.
func eventOf(t *testing.T, target string, authorization []string) []byte {
	t.Helper()
	sample, err := events.Sample("apigateway/get-entities.json")
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(sample, &event); err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(target, "?")
	event["rawPath"], event["rawQueryString"] = path, query
	event["headers"] = map[string]string{"authorization": strings.Join(authorization, ",")}
	event["requestContext"].(map[string]any)["http"].(map[string]any)["path"] = path
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// invoke runs a function and gives its answer, with the kind of its failure if it failed.
func (s *stack) invoke(t *testing.T, function string, payload []byte) (out []byte, failure string) {
	t.Helper()
	got, err := lambda.NewFromConfig(s.account).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: sdk.String(s.name + "-" + function), Payload: payload})
	if err != nil {
		t.Fatalf("invoking %s: %v", function, err)
	}
	return got.Payload, sdk.ToString(got.FunctionError)
}
