package actions_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/localaws"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

const account, platformAccount, euWest = "111111111111", "999999999999", "eu-west-1"

// portalEntities holds entities by ref.
type portalEntities map[string]entity.Entity

func (s portalEntities) Entity(_ context.Context, ref string) (entity.Entity, error) {
	e, there := s[ref]
	if !there {
		return e, errs.New(errs.NotFound, "no "+ref)
	}
	return e, nil
}

func (s portalEntities) OfKind(_ context.Context, kind string) (out []entity.Entity, err error) {
	for _, e := range s {
		if strings.EqualFold(e.Kind, kind) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (s portalEntities) add(kind, name string, metadata, spec map[string]any) {
	e := entity.Entity{APIVersion: "aws.backstage.io/v1alpha", Kind: kind, Metadata: map[string]any{"name": name}, Spec: spec}
	maps.Copy(e.Metadata, metadata)
	s[e.Ref().String()] = e
}

func portal() portalEntities {
	s := portalEntities{}
	s.add("AWSEnvironment", "pay", map[string]any{"shortName": "p", "deploymentRequiresApproval": true}, map[string]any{"dependsOn": []any{"awsenvironmentprovider:default/ecs-eu"}})
	s.add("AWSEnvironment", "bare", nil, map[string]any{"dependsOn": []any{"awsenvironmentprovider:default/functions"}})
	s.add("AWSEnvironment", "new", nil, map[string]any{"dependsOn": []any{"awsenvironmentprovider:default/unfinished"}})
	provider := map[string]any{"prefix": "opa", "envType": "ecs", "awsAccount": account, "awsRegion": euWest, "vpc": "/opa/ecs-eu/vpc",
		"clusterName": "/opa/ecs-eu/ecs-cluster", "provisioningRole": "/opa/ecs-eu/provisioning-role"}
	s.add("AWSEnvironmentProvider", "ecs-eu", provider, nil)
	s.add("AWSEnvironmentProvider", "unfinished", provider, nil)
	s["awsenvironmentprovider:default/unfinished"].Metadata["vpc"] = "/opa/unfinished/vpc"
	s.add("AWSEnvironmentProvider", "functions", map[string]any{"prefix": "opa", "envType": "serverless", "awsAccount": account, "awsRegion": euWest,
		"provisioningRole": "arn:aws:iam::" + account + ":role/deploy", "kubectlLambdaArn": "arn:k", "clusterAdminRole": "arn:c"}, nil)
	return s
}

// counting notes what is read of a file of parameters.
type counting struct {
	file    localaws.Parameters
	places  []actions.Place
	names   []string
	refuses error // everything, unless nil
}

func (c *counting) Parameters(ctx context.Context, at actions.Place, names []string) (map[string]actions.Parameter, error) {
	c.places, c.names = append(c.places, at), append(c.names, names...)
	if c.refuses != nil {
		return nil, c.refuses
	}
	return c.file.Parameters(ctx, at, names)
}

// keptSecrets is a vault that one can look into.
type keptSecrets map[string]string

func (k keptSecrets) Keep(_ context.Context, _ operations.Ref, name, value string) error {
	k[operations.SecretReference(name)] = value
	return nil
}

func (k keptSecrets) Reveal(_ context.Context, _ operations.Ref, text string) (string, error) {
	return k[text], nil
}

// harmonix are the actions over parameters in a file.
type harmonix struct {
	all    map[string]actions.Action
	reads  *counting
	vault  keptSecrets
	clock  *clock.Manual
	portal portalEntities
}

func newHarmonix(t *testing.T) *harmonix {
	t.Helper()
	h := &harmonix{portal: portal(), all: map[string]actions.Action{}, vault: keptSecrets{}, clock: clock.NewManual(time.Unix(0, 0)), reads: &counting{file: localaws.Parameters{
		account: {euWest: {
			"/opa/ecs-eu/vpc": {Value: "vpc-1"}, "/opa/ecs-eu/vpc/public-subnets": {Value: "subnet-a,subnet-b"}, "/opa/ecs-eu/vpc/private-subnets": {Value: "subnet-c"},
			"/opa/sly": {Value: "a" + operations.SecretReference("given")}, "/opa/ecs-eu/ecs-cluster": {Value: "arn:cluster"}, "/opa/ecs-eu/provisioning-role": {Value: "arn:role"}, "/shared/key": {Value: "hunter2", Secret: true},
		}},
		platformAccount: {euWest: {"/opa/platform-role": {Value: "arn:platform"}, "/opa/pipeline-role": {Value: "arn:pipeline"}}, "us-east-1": {"/opa/platform-role": {Value: "arn:there"}}},
	}}}
	places, err := environments.New(environments.Config{Catalog: h.portal, Accounts: []string{account}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := actions.NewHarmonix(actions.HarmonixConfig{
		BaseURL: "https://gitlab.example.com:8443", Environments: places, Vault: h.vault, Clock: h.clock,
		AWS: actions.AWS{Account: platformAccount, Region: euWest, Parameters: h.reads},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		h.all[a.ID()] = a
	}
	return h
}

// run runs an action under both of its names, which has to come to the same.
func (h *harmonix) run(t *testing.T, name string, input map[string]any) (actions.Result, error) {
	t.Helper()
	result, err := h.all["harmonix:"+name].Run(t.Context(), call(input))
	old, errOld := h.all["opa:"+name].Run(t.Context(), call(input))
	if diff := cmp.Diff(result, old); diff != "" || (err == nil) != (errOld == nil) {
		t.Errorf("%s: %v, %v, %s", name, err, errOld, diff)
	}
	return result, err
}

// wantOutputs runs and plans an action and compares the outputs as templates see them.
func (h *harmonix) wantOutputs(t *testing.T, name string, input map[string]any, want string) {
	t.Helper()
	result, err := h.run(t, name, input)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	planned, err := h.all["harmonix:"+name].Plan(t.Context(), call(input))
	if err != nil || len(planned.Effects) > 0 {
		t.Fatalf("planning %s: %v, %v", name, planned.Effects, err)
	}
	for _, outputs := range []map[string]any{result.Outputs, planned.Outputs} {
		if diff := cmp.Diff(values(t, want), values(t, jsonOf(t, outputs))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func values(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHarmonixReads(t *testing.T) {
	t.Parallel()
	h := newHarmonix(t)
	h.wantOutputs(t, "get-platform-metadata", nil, `{"platformRegion":"eu-west-1","platformAccount":"999999999999"}`)
	h.wantOutputs(t, "get-platform-parameters", map[string]any{"paramKeys": []any{"/opa/platform-role", "/opa/pipeline-role", "/opa/platform-role"}},
		`{"params":{"/opa/platform-role":"arn:platform","/opa/pipeline-role":"arn:pipeline"}}`)
	h.wantOutputs(t, "get-platform-parameters", map[string]any{"paramKeys": []any{"/opa/platform-role"}, "region": "us-east-1"}, `{"params":{"/opa/platform-role":"arn:there"}}`)
	h.wantOutputs(t, "get-platform-parameters", map[string]any{"paramKeys": []any{}}, `{"params":{}}`)
	h.wantOutputs(t, "get-env-providers", map[string]any{"environmentRef": "awsenvironment:default/pay"}, `{"envName":"pay","envShortName":"p",
		"envRef":"awsenvironment:default/pay","envDeployManualApproval":true,"envProviders":[{"envProviderName":"ecs-eu","envProviderType":"ecs","envProviderPrefix":"opa",
		"accountId":"111111111111","region":"eu-west-1","vpcId":"vpc-1","publicSubnets":"subnet-a,subnet-b","privateSubnets":"subnet-c","clusterArn":"arn:cluster","assumedRoleArn":"arn:role"}]}`)
	h.wantOutputs(t, "get-env-providers", map[string]any{"environmentRef": "bare"}, `{"envName":"bare","envShortName":"","envRef":"bare","envDeployManualApproval":"",
		"envProviders":[{"envProviderName":"functions","envProviderType":"serverless","envProviderPrefix":"opa","accountId":"111111111111","region":"eu-west-1","vpcId":"",
		"publicSubnets":"","privateSubnets":"","clusterArn":"","assumedRoleArn":"arn:aws:iam::111111111111:role/deploy","kubectlLambdaArn":"arn:k","kubectlLambdaRoleArn":"arn:c"}]}`)
	h.wantOutputs(t, "get-component-info", map[string]any{"componentName": "MyService"}, `{"kebabCaseComponentName":"my-service"}`)
	provider := map[string]any{"envProviderName": "ecs-eu", "accountId": account, "region": euWest, "envProviderPrefix": "made-up"}
	h.wantOutputs(t, "get-ssm-parameters", map[string]any{"paramKeys": []any{"/opa/ecs-eu/vpc"}, "envProviders": []any{provider}}, `{"params":{"ecs-eu":{"/opa/ecs-eu/vpc":"vpc-1"}}}`)
	for _, at := range h.reads.places {
		role := map[string]string{account: "arn:aws:iam::" + account + ":role/opa-ecs-eu-operations-role", platformAccount: ""}[at.Account]
		if at.Role != role || at.Operation != call(nil).Operation {
			t.Errorf("read %+v", at)
		}
	}
}

func TestASecretParameterIsOnlyReferredTo(t *testing.T) {
	t.Parallel()
	h := newHarmonix(t)
	input := map[string]any{"paramKeys": []any{"/shared/key"}, "envProviders": []any{map[string]any{"envProviderName": "ecs-eu", "accountId": account, "region": euWest}}}
	planned, err := h.all["opa:get-ssm-parameters"].Plan(t.Context(), call(input))
	if err != nil || len(h.vault) > 0 {
		t.Fatalf("planning keeps %v, %v", h.vault, err)
	}
	result, err := h.run(t, "get-ssm-parameters", input)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(planned.Outputs, result.Outputs); diff != "" {
		t.Error(diff)
	}
	shown := result.Outputs["params"].(map[string]any)["ecs-eu"].(map[string]any)["/shared/key"].(string)
	if strings.Contains(jsonOf(t, result), "hunter2") || h.vault[shown] != "hunter2" {
		t.Errorf("%s stands for %q", jsonOf(t, result), h.vault[shown])
	}
}

// Who may write a parameter is not who gave the task its secrets.
func TestAParameterIsNotTakenForASecret(t *testing.T) {
	t.Parallel()
	provider := map[string]any{"envProviderName": "ecs-eu", "accountId": account, "region": euWest}
	newHarmonix(t).wantOutputs(t, "get-ssm-parameters", map[string]any{"paramKeys": []any{"/opa/sly"}, "envProviders": []any{provider}}, `{"params":{"ecs-eu":{"/opa/sly":"a[secret:given⟧"}}}`)
	sly := envOf(t, "vpc", operations.SecretReference("given"))
	if strings.Contains(sly, "⟦") || !strings.Contains(sly, "[secret:given⟧") {
		t.Errorf("a provider reaches for a secret: %s", sly)
	}
}

// envOf gives the outputs about an environment whose provider says something else.
func envOf(t *testing.T, field, value string) string {
	t.Helper()
	h := newHarmonix(t)
	h.portal["awsenvironmentprovider:default/functions"].Metadata[field] = value
	result, err := h.run(t, "get-env-providers", map[string]any{"environmentRef": "bare"})
	if err != nil {
		t.Fatal(err)
	}
	return jsonOf(t, result.Outputs)
}

func TestWhatWasReadIsKnownForAMoment(t *testing.T) {
	t.Parallel()
	h := newHarmonix(t)
	read := func(c actions.Call) {
		if _, err := h.all["harmonix:get-platform-parameters"].Run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	mine := call(map[string]any{"paramKeys": []any{"/opa/platform-role"}})
	more := call(map[string]any{"paramKeys": []any{"/opa/platform-role", "/opa/pipeline-role"}})
	theirs := mine
	theirs.Operation.ID = "op-2"
	read(mine)
	read(mine)
	read(more)
	read(theirs)
	if diff := cmp.Diff([]string{"/opa/platform-role", "/opa/pipeline-role", "/opa/platform-role"}, h.reads.names); diff != "" {
		t.Error(diff)
	}
	h.clock.Advance(time.Minute)
	read(mine)
	if len(h.reads.names) != 4 {
		t.Errorf("old values are used: read %v", h.reads.names)
	}
}

func TestHarmonixRefuses(t *testing.T) {
	t.Parallel()
	h := newHarmonix(t)
	for name, c := range map[string]struct {
		action  string
		input   map[string]any
		message string
	}{
		"no environment":           {"get-env-providers", nil, "needs a environmentRef"},
		"an unknown environment":   {"get-env-providers", map[string]any{"environmentRef": "nowhere"}, "no awsenvironment:default/nowhere"},
		"a provider that is half":  {"get-env-providers", map[string]any{"environmentRef": "new"}, "/opa/unfinished/vpc, /opa/unfinished/vpc/public-subnets, /opa/unfinished/vpc/private"},
		"an absent parameter":      {"get-platform-parameters", map[string]any{"paramKeys": []any{"/opa/nothing", "/opa/platform-role"}}, "there is no parameter /opa/nothing in the platform's account in eu-west-1"},
		"no name of a parameter":   {"get-platform-parameters", map[string]any{"paramKeys": []any{"a b"}}, `"a b" is not the name of a parameter`},
		"no names":                 {"get-platform-parameters", nil, "needs paramKeys"},
		"names of the wrong type":  {"get-platform-parameters", map[string]any{"paramKeys": "x"}, "paramKeys must be a list"},
		"an account not listed":    {"get-ssm-parameters", map[string]any{"paramKeys": []any{"/x"}, "envProviders": []any{map[string]any{"envProviderName": "ecs-eu", "accountId": "222222222222", "region": euWest}}}, "no environment provider ecs-eu in account 222222222222"},
		"a provider made up":       {"get-ssm-parameters", map[string]any{"paramKeys": []any{"/x"}, "envProviders": []any{map[string]any{"envProviderName": "x", "accountId": account, "region": euWest}}}, "no environment provider x"},
		"no providers":             {"get-ssm-parameters", map[string]any{"paramKeys": []any{"/x"}}, "needs paramKeys"},
		"no component":             {"get-component-info", nil, "needs a componentName"},
		"a file without a path":    {"fs:write", map[string]any{"content": "x"}, "needs a path"},
		"a file without a content": {"fs:write", map[string]any{"path": "x"}, "needs a content"},
		"a path that leads out":    {"fs:write", map[string]any{"path": "../x", "content": "x"}, `has a part ".."`},
		"git's own files":          {"fs:write", map[string]any{"path": ".git/config", "content": "x"}, "Git's own directory"},
	} {
		if result, err := h.run(t, c.action, c.input); !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), c.message) {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
}

func TestAnUnknownInputGivesUnknownOutputs(t *testing.T) {
	t.Parallel()
	h := newHarmonix(t)
	planned, err := h.all["opa:get-component-info"].Plan(t.Context(), call(map[string]any{"componentName": "x-" + actions.Unknown("make.name")}))
	if diff := cmp.Diff(map[string]any{"kebabCaseComponentName": actions.Unknown("step.kebabCaseComponentName")}, planned.Outputs); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestWritingAFile(t *testing.T) {
	t.Parallel()
	h := newHarmonix(t)
	for _, c := range []struct {
		action        string
		input         map[string]any
		content, path string
	}{
		{"harmonix:fs:write", map[string]any{"path": "./a/b.json", "content": `{"b":1,"a":[{}]}`}, `{"b":1,"a":[{}]}`, "a/b.json"},
		{"opa:fs:write", map[string]any{"path": "b.json", "content": `{ "b":1,"a":["<",{}]}`, "formatJsonContent": true}, "{\n  \"b\": 1,\n  \"a\": [\n    \"<\",\n    {}\n  ]\n}", "b.json"},
		{"opa:fs:write", map[string]any{"path": "b", "content": "no JSON: {", "formatJsonContent": true}, "no JSON: {", "b"},
		{"opa:fs:write", map[string]any{"path": "empty", "content": ""}, "", "empty"},
		{"roadiehq:utils:fs:write", map[string]any{"path": "c", "content": `{"b":1}`}, "{\n  \"b\": 1\n}", "c"},
		{"roadiehq:utils:fs:write", map[string]any{"path": "c", "content": `{"b":1}`, "preserveFormattingOnJson": true}, `{"b":1}`, "c"},
	} {
		in := call(c.input)
		files := &workspace.Files{}
		if err := files.Add(workspace.File{Path: c.path, Content: []byte("before"), Executable: true}); err != nil {
			t.Fatal(err)
		}
		if err := in.Files.Save(t.Context(), in.Workspace, files); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			result, err := h.all[c.action].Run(t.Context(), in)
			if err != nil || result.Outputs["path"] != "/workspace/"+c.path {
				t.Fatalf("%s: %+v, %v", c.action, result, err)
			}
		}
		written, err := in.Files.Load(t.Context(), in.Workspace)
		if err != nil {
			t.Fatal(err)
		}
		if file, _ := written.Get(c.path); string(file.Content) != c.content || !file.Executable || written.Len() != 1 {
			t.Errorf("%s writes %+v", c.action, file)
		}
	}
}

func TestEveryHarmonixActionHasBothNames(t *testing.T) {
	t.Parallel()
	var have, known []string
	for id := range newHarmonix(t).all {
		have = append(have, id)
	}
	for _, id := range actions.All() {
		if strings.HasPrefix(id, "harmonix:") || strings.HasPrefix(id, "opa:") || strings.HasPrefix(id, "roadiehq:") {
			known = append(known, id)
		}
	}
	slices.Sort(have)
	if diff := cmp.Diff(known, have); diff != "" || len(have) != 17 {
		t.Errorf("%d: %s", len(have), diff)
	}
}
