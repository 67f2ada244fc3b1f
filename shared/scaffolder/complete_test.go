package scaffolder_test

import (
	"context"
	"testing"

	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

// outage is a store of blobs that does not answer.
type outage struct{ blob.Store }

func (outage) List(context.Context, string, string, int) ([]string, error) {
	return nil, errs.New(errs.Unavailable, "the store does not answer")
}

// All that was asked for is there: it is not undone because scratch files can't be removed.
func TestAnApplicationIsCompleteAlthoughItsScratchFilesStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fetchStep, skeleton(""))
	id := w.accept(t, map[string]any{"name": "orders"})
	w.run(t, id, "Prepare", "Plan", "RunStep", "ConfirmCatalog")
	broken, err := workspace.New(workspace.Config{Blobs: outage{}})
	if err != nil {
		t.Fatal(err)
	}
	w.spaces = broken
	w.tasks = w.newTasks(t)
	w.run(t, id, "Complete")
	if o := w.operation(t, id); o.Status != operations.Succeeded {
		t.Errorf("ended as %s: %+v", o.Status, o.Problem)
	}
}
