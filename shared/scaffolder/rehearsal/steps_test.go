package rehearsal_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
	"github.com/slipwayhq/slipway/shared/scaffolder/template"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// request makes the rehearsal of a template with these steps, each a JSON object.
func request(t *testing.T, values map[string]any, steps ...string) rehearsal.Request {
	t.Helper()
	document := `{"apiVersion":"scaffolder.backstage.io/v1beta3","kind":"Template","metadata":{"name":"t"},"spec":{"type":"x","owner":"o","steps":[` + strings.Join(steps, ",") + `],
"output":{"id":"${{ steps.publish.output.projectId }}","url":"${{ steps.publish.output.remoteUrl }}"}}}`
	parsed, err := template.Parse(json.RawMessage(document), template.Config{})
	if err != nil {
		t.Fatal(errs.Explain(err))
	}
	return rehearsal.Request{
		Template: parsed, Values: keyorder.Object{Map: values}, Secrets: []string{"token"}, Operation: operations.Ref{ID: "op-1", Actor: "user:default/ann"},
		Source: actions.Source{Beside: []workspace.File{
			{Path: "skeleton/README.md", Content: []byte("# ${{ values.name }}")}, {Path: "skeleton/.gitlab-ci.yml", Content: []byte("x: {script: [y]}")},
			{Path: "later/id", Content: []byte("${{ values.id }}")},
		}},
	}
}

const (
	fetch   = `{"id":"fetch","name":"Fetch","action":"fetch:template","input":{"url":"./skeleton","values":{"name":"${{ parameters.name }}"}}}`
	publish = `{"id":"publish","name":"Publish","action":"publish:gitlab","input":{"repoUrl":"gitlab.example.com?owner=apps&repo=${{ parameters.name }}","description":"${{ secrets.token }}"}}`
)

func rehearse(t *testing.T, q rehearsal.Request) *rehearsal.Result {
	t.Helper()
	found, err := rehearser(t).Rehearse(t.Context(), q)
	if err != nil {
		t.Fatal(errs.Explain(err))
	}
	return found
}

// statuses gives how each step ended, in order.
func statuses(found *rehearsal.Result) string {
	var out []string
	for _, l := range found.Log {
		if l.Status != "" && l.Status != operations.StepProcessing {
			out = append(out, l.Step+" "+string(l.Status))
		}
	}
	return strings.Join(out, ", ")
}

func TestARehearsalStatesEffectsAndFiles(t *testing.T) {
	t.Parallel()
	found := rehearse(t, request(t, map[string]any{"name": "orders"}, fetch, publish))
	var kinds, changed []string
	for _, e := range found.Effects {
		kinds = append(kinds, e.Kind+" "+e.Target)
	}
	for _, c := range found.Changes {
		changed = append(changed, c.Action+" "+c.Project+" "+c.Branch+" "+c.Path+" "+string(c.After))
	}
	want := []string{effects.ProjectKind + " apps/orders", effects.CommitKind + " apps/orders@main", effects.HookKind + " apps/orders"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"create apps/orders main README.md # orders", "create apps/orders main .gitlab-ci.yml x: {script: [y]}"}, changed); diff != "" {
		t.Error(diff)
	}
	if len(found.Files) != 2 || statuses(found) != "fetch completed, publish completed" || found.Failed != "" {
		t.Errorf("%+v, %s", found.Files, statuses(found))
	}
	if diff := cmp.Diff(map[string]any{"id": actions.Unknown("publish.projectId"), "url": "https://gitlab.example.com/apps/orders"}, found.Output.Map); diff != "" {
		t.Error(diff)
	}
	if body := string(found.Effects[0].Params); !strings.Contains(body, operations.SecretReference("token")) {
		t.Errorf("a secret is not there by its reference: %s", body)
	}
}

func TestTheSameRequestHasTheSamePlan(t *testing.T) {
	t.Parallel()
	hash := func(name string, change func(*rehearsal.Request)) string {
		q := request(t, map[string]any{"name": name}, fetch, publish)
		change(&q)
		p, err := operations.NewPlan(rehearse(t, q).Effects)
		if err != nil {
			t.Fatal(err)
		}
		return p.Hash
	}
	first := hash("orders", func(*rehearsal.Request) {})
	if again := hash("orders", func(q *rehearsal.Request) { q.Operation.ID = "op-2" }); again != first {
		t.Error("another operation has another plan")
	}
	if other := hash("payments", func(*rehearsal.Request) {}); other == first {
		t.Error("other values have the same plan")
	}
	if moved := hash("orders", func(q *rehearsal.Request) { q.Source.Beside[0].Content = []byte("moved") }); moved == first {
		t.Error("a changed skeleton has the same plan")
	}
}

func TestWhatDependsOnWhatIsKnownLater(t *testing.T) {
	t.Parallel()
	found := rehearse(t, request(t, map[string]any{"name": "orders"}, fetch, publish,
		`{"id":"id","name":"Write the id","action":"fetch:template","input":{"url":"./later","targetPath":"sub","values":{"id":"${{ steps.publish.output.projectId }}"}}}`,
		`{"id":"each","name":"For each","action":"debug:log","each":"${{ steps.publish.output.list }}","input":{"message":"x"}}`,
		`{"id":"wait","name":"Wait","action":"debug:wait","input":{"seconds":"${{ steps.publish.output.projectId }}"}}`,
		`{"id":"other","name":"Publish once more","action":"publish:gitlab","input":{"repoUrl":"gitlab.example.com?owner=apps&repo=other"}}`,
		`{"id":"say","name":"Say","action":"debug:log","input":{"message":"made ${{ steps.publish.output.projectId }}"}}`))
	if got := statuses(found); got != "fetch completed, publish completed, id completed, each skipped, wait skipped, other completed, say completed" {
		t.Error(got)
	}
	var params effects.CommitParams
	if err := json.Unmarshal(found.Effects[4].Params, &params); err != nil || params.Files != actions.Unknown("other.files") {
		t.Errorf("files that nobody can know: %+v, %v", params, err)
	}
	if said := found.Log[len(found.Log)-2].Message; said != "made "+actions.Unknown("publish.projectId") {
		t.Errorf("said %q", said)
	}
}

func TestAStepThatCanNotSucceed(t *testing.T) {
	t.Parallel()
	found := rehearse(t, request(t, map[string]any{"name": "orders"},
		`{"id":"bad","name":"Bad","action":"fs:rename","input":{"files":[{"from":"nope","to":"x"}]}}`, fetch, publish,
		`{"id":"fin","name":"Finally","if":"${{ always() }}","action":"debug:log","input":{"message":"over"}}`,
		`{"id":"late","name":"Too late","if":"${{ failure() }}","action":"publish:gitlab","input":{"repoUrl":"gitlab.example.com?owner=apps&repo=x"}}`))
	if got := statuses(found); got != "bad failed, fetch skipped, publish skipped, fin completed, late failed" {
		t.Error(got)
	}
	if found.Failed != "bad" || !errors.Is(found.Failure, errs.NotFound) || len(found.Effects) != 0 || found.Output.Map != nil {
		t.Errorf("%+v", found)
	}
}

func TestAFailureNamesItsStep(t *testing.T) {
	t.Parallel()
	for step, want := range map[string]string{
		`{"id":"bad","name":"Bad","action":"fs:rename","input":{"files":[{"from":"nope","to":"x"}]}}`:                  `step "bad": there is no "nope" in the workspace`,
		`{"id":"each","name":"For each","action":"debug:log","each":"${{ parameters.nope }}","input":{"message":"x"}}`: `step "each": each of step "each" gives no value`,
	} {
		err := rehearse(t, request(t, nil, step, publish)).Err()
		if got := errs.Message(err); got != want {
			t.Errorf("%s: %q", step, got)
		}
	}
	if found := rehearse(t, request(t, map[string]any{"name": "orders"}, fetch)); found.Err() != nil {
		t.Error(found.Err())
	}
	secret := rehearsal.Result{Failed: "x", Failure: errors.New("password=hunter2")}
	if err := secret.Err(); errs.Message(err) != "an internal error occurred" || !errors.Is(err, secret.Failure) {
		t.Errorf("an internal failure: %v", err)
	}
}

// TestActionsOfOtherHosts has a template with a step for each of two hosts.
func TestActionsOfOtherHosts(t *testing.T) {
	t.Parallel()
	const elsewhere = `{"id":"x","name":"X","action":"publish:elsewhere","if":"${{ parameters.elsewhere }}"}`
	for _, wanted := range []bool{false, true} {
		found := rehearse(t, request(t, map[string]any{"name": "orders", "elsewhere": wanted}, fetch, elsewhere))
		if err := found.Err(); (err != nil) != wanted || wanted && (!errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), `"publish:elsewhere"`)) {
			t.Errorf("wanted %v: %v", wanted, err)
		}
	}
}

func TestRehearsalsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := rehearser(t).Rehearse(t.Context(), request(t, nil, `{"id":"x","name":"X","action":"nope:nope"}`))
	if !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), `no template action "nope:nope"`) {
		t.Errorf("an unknown action: %v", err)
	}
	q := request(t, map[string]any{"name": "orders"}, fetch)
	for _, path := range []string{"../up", "/etc/passwd", "skeleton/.git/config", "skeleton/README.MD"} {
		q.Source.Beside = append(q.Source.Beside[:3:3], workspace.File{Path: path})
		if found := rehearse(t, q); found.Failed != "fetch" || !errors.Is(found.Failure, errs.Invalid) {
			t.Errorf("%s: %q, %v", path, found.Failed, found.Failure)
		}
	}
	for _, url := range []string{"../../etc", "/etc", "file:///etc", "./none"} {
		q := request(t, nil, `{"id":"fetch","name":"F","action":"fetch:plain","input":{"url":"`+url+`"}}`)
		if found := rehearse(t, q); found.Failed != "fetch" || !errors.Is(found.Failure, errs.Invalid) {
			t.Errorf("%s: %q, %v", url, found.Failed, found.Failure)
		}
	}
}
