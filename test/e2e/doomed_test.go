package e2e

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/test/e2e/doomed"
)

func addDoomedTemplate(t *testing.T, p *process) {
	t.Helper()
	target, err := doomed.Add(t.Context(), p.SCM, p.world.gitlabURL)
	if err != nil {
		t.Fatal(err)
	}
	made, err := p.Catalog.RegisterLocation(t.Context(), "user:default/guest", target)
	if err != nil || len(made.Problems) > 0 {
		t.Fatalf("%+v, %v", made.Problems, err)
	}
}

func doomedRequest(name string) operations.Request {
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: doomed.Template, Values: keyorder.Object{Map: map[string]any{"name": name}}})
	if err != nil {
		panic(err)
	}
	return operations.Request{Type: scaffolder.CreateAppType, Input: input}
}

func TestAPipelineThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.seeded(t)
	defer p.stop(t)
	addDoomedTemplate(t, p)
	o, err := p.Operations.Accept(as(t.Context(), "doomed"), doomedRequest("doomed-1"))
	if err != nil {
		t.Fatal(err)
	}
	ended := p.ended(t, o.ID)
	if ended.Status != operations.Failed || !bytes.Contains([]byte(ended.Problem.Message), []byte("the pipeline ended as failed")) {
		t.Fatalf("ended as %s: %+v", ended.Status, ended.Problem)
	}
	mustBeClean(t, p, "doomed-1")
	mustBeAudited(t, p, ended)
	// The name is free again.
	if o := p.create(t, "doomed-1"); o.Status != operations.Succeeded {
		t.Errorf("the second attempt ended as %s: %+v", o.Status, o.Problem)
	}
}
