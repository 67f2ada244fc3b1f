package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/slipwayhq/slipway/events"
)

// works reports whether a function does its work, and what it answered.
type works func(t *testing.T, s *stack) (bool, string)

// functions are all functions of the stack, each with a piece of its work that can be
// repeated.
func functions(hook []byte) map[string]works {
	deliveries := 0
	return map[string]works{
		"catalog":    over(http.MethodGet, "/api/catalog/entities/by-query?limit=1"),
		"operations": over(http.MethodGet, "/api/operations?limit=1"),
		"scaffolder": over(http.MethodGet, "/api/scaffolder/v2/tasks?limit=1"),
		"stream": func(t *testing.T, s *stack) (bool, string) {
			t.Helper()
			got := s.edge(s.portal.token).ask(t, http.MethodGet, "/api/scaffolder/v2/tasks/"+s.task+"/eventstream", nil)
			return got.Status == http.StatusOK && bytes.Contains(got.Body, []byte("event: completion")), fmt.Sprintf("%d %.300s", got.Status, got.Body)
		},
		"auth": setting(),
		"webhooks": func(t *testing.T, s *stack) (bool, string) {
			t.Helper()
			deliveries++
			got := s.deliver(t, hook, "X-Gitlab-Token", hookToken, "Idempotency-Key", fmt.Sprint("access-", deliveries))
			return got.Status == http.StatusOK, fmt.Sprintf("%d %s", got.Status, got.Body)
		},
		// An operation that does not exist is answered for: it had to be looked up.
		"creation":  invoked("creation", "tasks/run-step.json", "Slipway.NotFound"),
		"ingest":    invoked("ingest", "sqs/ingest.json", ""),
		"audit":     invoked("audit", "sqs/audit.json", ""),
		"relay":     invoked("relay", "dynamodb/stream.json", ""),
		"reconcile": invoked("reconcile", "tasks/recover.json", ""),
	}
}

func over(method, path string) works {
	return func(t *testing.T, s *stack) (bool, string) {
		t.Helper()
		got := s.portal.ask(t, method, path, nil)
		return got.Status == http.StatusOK, fmt.Sprintf("%d %s", got.Status, got.Body)
	}
}

// setting sets something for oneself, which writes with a count the first time, reads it and
// removes it again.
func setting() works {
	return func(t *testing.T, s *stack) (bool, string) {
		t.Helper()
		const path = "/api/user-settings/buckets/access/keys/star"
		put := s.portal.ask(t, http.MethodPut, path, map[string]any{"value": []string{"component:default/orders"}})
		got := s.portal.ask(t, http.MethodGet, path, nil)
		gone := s.portal.ask(t, http.MethodDelete, path, nil)
		works := put.Status == http.StatusOK && got.Status == http.StatusOK && gone.Status == http.StatusNoContent
		return works, fmt.Sprintf("%d, %d %s, %d", put.Status, got.Status, got.Body, gone.Status)
	}
}

// invoked runs a function with a sample event. It works when it fails in no more than the
// given way, and leaves no entry of a batch behind.
func invoked(function, sample, expected string) works {
	return func(t *testing.T, s *stack) (bool, string) {
		t.Helper()
		payload, err := events.Sample(sample)
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.ReplaceAll(payload, []byte("table/slipway-dev-operations"), []byte("table/"+s.outputs["OperationsTableName"]))
		out, failure := s.invoke(t, function, payload)
		var answer struct {
			ErrorType         string
			BatchItemFailures []any
		}
		_ = json.Unmarshal(out, &answer) // nothing is an answer too
		return (failure == "") == (expected == "") && answer.ErrorType == expected && len(answer.BatchItemFailures) == 0, failure + " " + string(out)
	}
}

// everyFunctionWorks runs each function once with what its role allows, and, where IAM is
// enforced, once with nothing: else the first would prove nothing.
func everyFunctionWorks(t *testing.T, s *stack) {
	hook, err := events.Sample("gitlab/push.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, work := range functions(hook) {
		t.Run(name, func(t *testing.T) {
			if ok, seen := work(t, s); !ok {
				t.Fatalf("it does not work: %s", seen)
			}
			if !s.enforced {
				return
			}
			restore := s.withhold(t, name, "")
			if ok, seen := work(t, s); ok {
				t.Errorf("it works without its policy: %s", seen)
			}
			restore()
			eventually(t, name+" with its policy back", func() (bool, string) { return work(t, s) })
		})
	}
}

// withhold takes the policy of a function's role away until it is restored. With an action
// only that goes.
func (s *stack) withhold(t *testing.T, function, action string) (restore func()) {
	t.Helper()
	role := s.role(t, function)
	roles := iam.NewFromConfig(s.account)
	held, err := roles.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &function})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := url.QueryUnescape(sdk.ToString(held.PolicyDocument))
	if err != nil {
		t.Fatal(err)
	}
	put := func(document string) {
		_, err := roles.PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &function, PolicyDocument: &document})
		if err != nil {
			t.Fatal(err)
		}
	}
	if action != "" {
		put(without(t, whole, action))
	} else if _, err := roles.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &function}); err != nil {
		t.Fatal(err)
	}
	return func() { put(whole) }
}

// role gives the name of the role that a function acts in.
func (s *stack) role(t *testing.T, function string) string {
	t.Helper()
	in := &lambda.GetFunctionConfigurationInput{FunctionName: sdk.String(s.name + "-" + function)}
	described, err := lambda.NewFromConfig(s.account).GetFunctionConfiguration(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	arn := sdk.ToString(described.Role)
	return arn[strings.LastIndex(arn, "/")+1:]
}

// without gives a policy that does not allow an action.
func without(t *testing.T, policy, action string) string {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		t.Fatal(err)
	}
	statements, _ := document["Statement"].([]any)
	var kept []any
	hits := 0
	for _, one := range statements {
		statement, _ := one.(map[string]any)
		actions, several := statement["Action"].([]any)
		if !several {
			actions = []any{statement["Action"]}
		}
		rest := slices.DeleteFunc(slices.Clone(actions), func(a any) bool { return a == action && statement["Effect"] == "Allow" })
		if len(rest) < len(actions) {
			hits++
			statement["Action"] = rest
		}
		if len(rest) > 0 {
			kept = append(kept, statement)
		}
	}
	if hits != 1 {
		t.Fatalf("%d of %d statements allow %s", hits, len(statements), action)
	}
	document["Statement"] = kept
	out, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// nothingAstray waits until every queue is empty and looks whether a dead letter is left.
func nothingAstray(t *testing.T, s *stack) {
	queues := sqs.NewFromConfig(s.account)
	listed, err := queues.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil || len(listed.QueueUrls) < 6 {
		t.Fatalf("%d queues, %v", len(listed.QueueUrls), err)
	}
	counts := []types.QueueAttributeName{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"}
	eventually(t, "queues without a message", func() (bool, string) {
		left := map[string]int{}
		for _, at := range listed.QueueUrls {
			got, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &at, AttributeNames: counts})
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range got.Attributes {
				if n, err := strconv.Atoi(text); err != nil || n > 0 {
					left[at] += n
				}
			}
		}
		return len(left) == 0, fmt.Sprint(left)
	})
}
