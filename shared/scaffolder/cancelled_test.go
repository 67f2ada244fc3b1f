package scaffolder_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

const waitStep = "    - {id: wait, name: Wait, action: debug:wait, input: {minutes: 3}}\n"

// log gives the log of an operation, one text for each line.
func (w *world) log(t *testing.T, id string) []string {
	t.Helper()
	lines, err := w.ops.Log(t.Context(), id, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, strings.Join(strings.Fields(strings.Join([]string{string(l.Type), l.Step, string(l.Status), l.Message}, " ")), " "))
	}
	return out
}

func TestACancelledOperationDoesNotWaitForAStepThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waitStep+fetchStep, skeleton(passing))
	id := w.accept(t, map[string]any{"name": "orders"})
	w.run(t, id, "Prepare", "Plan")
	ended := make(chan error)
	go func() {
		_, err := w.call(t, id, "RunStep", nil)
		ended <- err
	}()
	for lines := []string{}; !strings.Contains(strings.Join(lines, "\n"), "waiting for 3m"); lines = w.log(t, id) {
	}
	if _, err := w.ops.Cancel(correlation.With(t.Context(), correlation.IDs{Actor: "user:default/bob"}), id); err != nil {
		t.Fatal(err)
	}
	named(t, <-ended, "Slipway.Conflict")
	w.run(t, id, "Compensate")
	o := w.operation(t, id)
	if o.Status != operations.Failed || o.Cancelled == nil || o.Cancelled.By != "user:default/bob" || o.Step("template/wait").Status != operations.StepCancelled {
		t.Errorf("%+v", o)
	}
	tail := w.log(t, id)
	tail = tail[len(tail)-2:]
	if diff := cmp.Diff([]string{"cancelled wait cancelled Step wait has been cancelled.", "completion Run completed with status: cancelled"}, tail); diff != "" {
		t.Error(diff)
	}
}

func TestACancelledOperationFindsOutWhenItLooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep, skeleton(passing))
	id := w.started(t)
	w.awaits(t, id, "token-1")
	w.callbacks.answer = errs.New(errs.Internal, "nobody can be woken")
	if _, err := w.ops.Cancel(correlation.With(t.Context(), correlation.IDs{Actor: "user:default/bob"}), id); err != nil {
		t.Fatal(err)
	}
	w.callbacks.answer = nil
	_, err := w.call(t, id, "PollPipeline", nil)
	named(t, err, "Slipway.Conflict")
	w.run(t, id, "Compensate")
	if o := w.operation(t, id); o.Status != operations.Failed {
		t.Errorf("%s, %+v", o.Status, o.Problem)
	}
	if _, err := w.Client.Project(t.Context(), "apps/orders"); !errors.Is(err, errs.NotFound) {
		t.Errorf("the project: %v", err)
	}
}

func TestALogTellsWhatStepsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, logStep("hello", "", "hello ${{ parameters.name }}"), nil)
	id := w.accept(t, map[string]any{"name": "orders"})
	w.run(t, id, "Prepare", "Plan", "RunStep", "ConfirmCatalog", "Complete")
	want := []string{
		"log hello processing Beginning step debug:log", `log hello { "message": "hello orders" }`, "log hello hello orders", "log hello completed Finished step debug:log",
		"log Check the catalog", "log Check the catalog: the template registers nothing", "completion Run completed with status: completed",
	}
	got := w.log(t, id)
	if diff := cmp.Diff(want, got[len(got)-len(want):]); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(strings.Join(got, "\n"), "log Starting up task with 1 steps") {
		t.Errorf("%q", got)
	}
}

// TestASecretIsNowhere runs a template that puts a secret wherever it can: what is stored
// never holds it.
func TestASecretIsNowhere(t *testing.T) {
	t.Parallel()
	const value = "hunter2-hunter2"
	steps := logStep("a", "", "it is ${{ secrets.token }} or ${{ secrets.token | upper }}") +
		"    - {id: b, name: '${{ secrets.token }}', action: fs:delete, input: {files: ['${{ secrets.token }}']}}\n" + fetchStep + publishStep
	w := newWorld(t, steps, map[string]string{"README.md": "${{ values | dump }}", "catalog-info.yaml": skeleton("")["catalog-info.yaml"]})
	id := w.acceptWith(t, map[string]any{"name": "orders"}, map[string]string{"token": value})
	w.run(t, id, "Prepare", "Plan", "RunStep", "RunStep", "RunStep", "RunStep")
	if got := strings.Join(w.log(t, id), "\n"); !strings.Contains(got, "it is "+operations.SecretReference("token")) {
		t.Error(got)
	}
	stored := 0
	for _, pk := range []string{"OP#" + id, "OPS", "OPS#OPEN", "OUTBOX"} {
		err := table.Each(t.Context(), w.table, table.Query{PK: pk}, func(item table.Item) error {
			stored++
			if strings.Contains(string(item.Body), value) || strings.Contains(string(item.Body), strings.ToUpper(value)) {
				t.Errorf("%v holds the secret", item.Key)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if text, err := w.ops.Reveal(t.Context(), id, "<"+operations.SecretReference("token")+">"); err != nil || text != "<"+value+">" || stored < 10 {
		t.Errorf("revealed %q, %v; %d items looked at", text, err, stored)
	}
	o, err := json.Marshal(w.operation(t, id))
	if err != nil || strings.Contains(string(o), value) {
		t.Errorf("shown: %s, %v", o, err)
	}
}

func TestTheStepThatKeepsEverythingFromBeginningIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep+publishStep+"    - {id: bad, action: 'fs:rename', input: {files: [{from: nope, to: x}]}}\n", skeleton(passing))
	id := w.accept(t, map[string]any{"name": "orders"})
	w.run(t, id, "Prepare")
	_, err := w.call(t, id, "Plan", nil)
	named(t, err, "Slipway.NotFound")
	got := w.log(t, id)
	if want := `log bad This step can't succeed, so nothing is begun: there is no "nope" in the workspace`; got[len(got)-1] != want {
		t.Errorf("%q", got)
	}
}
