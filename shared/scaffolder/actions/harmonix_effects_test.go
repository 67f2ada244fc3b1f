package actions_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

const repoARN = "arn:aws:secretsmanager:eu-west-1:999999999999:secret:aws-apps-orders-access-token-AbCdEf"

func TestHarmonixEffects(t *testing.T) {
	t.Parallel()
	h := newHarmonix(t)
	results := map[string]any{
		effects.SecretKind:      effects.SecretResult{ARN: repoARN},
		effects.AccessTokenKind: effects.AccessTokenResult{Project: 7, ID: 3},
		effects.SecretValueKind: effects.SecretValueResult{ARN: repoARN, Version: "v"},
	}
	tags := []any{map[string]any{"Key": "app", "Value": "orders"}, map[string]any{"Key": "level", "Value": 3.0}, map[string]any{"Key": "live", "Value": true}}
	for _, c := range []struct {
		name    string
		input   map[string]any
		outputs map[string]any
		params  []any
	}{
		{"create-secret", map[string]any{"secretName": "aws-apps-orders", "tags": tags, "region": "us-east-1"}, map[string]any{"awsSecretArn": repoARN},
			[]any{effects.SecretParams{Region: "us-east-1", Name: "aws-apps-orders", Description: "Made for component:default/orders", Tags: []effects.Tag{{Key: "app", Value: "orders"}, {Key: "level", Value: "3"}, {Key: "live", Value: "true"}}}}},
		{"createRepoAccessToken:gitlab", map[string]any{"repoUrl": repo, "projectId": 7.0, "secretArn": repoARN, "region": euWest}, map[string]any{}, []any{
			effects.AccessTokenParams{Project: "apps/backend/orders", Name: "orders-repo-access-token", Level: 40, Scopes: []string{"api", "read_api", "read_repository", "write_repository"}},
			effects.SecretValueParams{Secret: repoARN, Value: operations.SecretReference(effects.SecretName("step/token"))},
		}},
	} {
		for _, family := range []string{"harmonix:", "opa:"} {
			action := h.all[family+c.name]
			planned, err := action.Plan(t.Context(), call(c.input))
			if err != nil {
				t.Fatal(err)
			}
			result, made, err := applied(t, action, call(c.input), results)
			if err != nil {
				t.Fatal(err)
			}
			var params []json.RawMessage
			for _, e := range made {
				params = append(params, e.Params)
			}
			if diff := cmp.Diff(planned.Effects, made) + cmp.Diff(c.outputs, result.Outputs) + cmp.Diff(jsonOf(t, c.params), jsonOf(t, params)); diff != "" {
				t.Errorf("%s: %s", action.ID(), diff)
			}
		}
	}
	planned, err := h.all["opa:create-secret"].Plan(t.Context(), call(map[string]any{"secretName": "x"}))
	if err != nil || planned.Outputs["awsSecretArn"] != actions.Unknown("step.awsSecretArn") {
		t.Errorf("%+v, %v", planned, err)
	}
	planned, err = h.all["opa:createRepoAccessToken:gitlab"].Plan(t.Context(), call(map[string]any{
		"repoUrl": repo, "projectId": actions.Unknown("publish.projectId"), "secretArn": actions.Unknown("secret.awsSecretArn")}))
	if err != nil || len(planned.Effects) != 2 {
		t.Errorf("%+v, %v", planned, err)
	}
}

func TestHarmonixEffectsRefused(t *testing.T) {
	t.Parallel()
	h := newHarmonix(t)
	token := map[string]any{"repoUrl": repo, "projectId": 7.0, "secretArn": repoARN}
	with := func(name string, value any) map[string]any {
		changed := maps.Clone(token)
		changed[name] = value
		return changed
	}
	for name, c := range map[string]struct {
		action  string
		input   map[string]any
		message string
	}{
		"no name":          {"create-secret", nil, "needs a secretName"},
		"a bad name":       {"create-secret", map[string]any{"secretName": "a b"}, "the name of a secret"},
		"a bad region":     {"create-secret", map[string]any{"secretName": "a", "region": "x.example.com"}, "not the name of an AWS region"},
		"a tag's value":    {"create-secret", map[string]any{"secretName": "a", "tags": []any{map[string]any{"Key": "a", "Value": []any{}}}}, "tags[0].Value"},
		"our tag":          {"create-secret", map[string]any{"secretName": "a", "tags": []any{map[string]any{"Key": "slipway:operation", "Value": "x"}}}, "not for templates"},
		"no ARN":           {"createRepoAccessToken:gitlab", with("secretArn", ""), "needs a secretArn"},
		"a name":           {"createRepoAccessToken:gitlab", with("secretArn", "aws-apps-orders"), "not the ARN of a secret"},
		"a text":           {"createRepoAccessToken:gitlab", with("projectId", "7"), "must be the number"},
		"no number":        {"createRepoAccessToken:gitlab", with("projectId", nil), "must be the number"},
		"another host":     {"createRepoAccessToken:gitlab", with("repoUrl", "evil.example.com?owner=a&repo=b"), "evil.example.com"},
		"another region":   {"createRepoAccessToken:gitlab", with("region", "us-east-1"), "lies in eu-west-1"},
		"not a repository": {"createRepoAccessToken:gitlab", with("repoUrl", "x"), "repoUrl"},
	} {
		for _, family := range []string{"harmonix:", "opa:"} {
			if _, err := h.all[family+c.action].Plan(t.Context(), call(c.input)); !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), c.message) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	results := map[string]any{effects.AccessTokenKind: effects.AccessTokenResult{Project: 8}}
	_, made, err := applied(t, h.all["harmonix:createRepoAccessToken:gitlab"], call(token), results)
	if !errors.Is(err, errs.Invalid) || len(made) != 1 || !strings.Contains(errs.Message(err), "projectId of harmonix:createRepoAccessToken:gitlab is 7, but repoUrl names project 8") {
		t.Errorf("a token of another project goes on: %v, %v", made, err)
	}
}

func TestHarmonixNamesTheActionThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	h := newHarmonix(t)
	for kind, signed := range map[errs.Kind]bool{errs.Forbidden: true, errs.Unavailable: false} {
		h.reads.refuses = errs.New(kind, "they can't be read: AWS does not allow ssm:GetParameters")
		for _, family := range []string{"harmonix:", "opa:"} {
			want := "they can't be read: AWS does not allow ssm:GetParameters"
			if signed {
				want = family + "get-platform-parameters: " + want
			}
			a, c := h.all[family+"get-platform-parameters"], call(map[string]any{"paramKeys": []any{"/opa/platform-role"}})
			_, errRun := a.Run(t.Context(), c)
			_, errPlan := a.Plan(t.Context(), c)
			for _, err := range []error{errRun, errPlan} {
				if !errors.Is(err, kind) || errs.Message(err) != want {
					t.Errorf("%s: %v", kind, err)
				}
			}
		}
	}
}
