package creationfn

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/source"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// A request is checked against the list of actions in another function than the one that
// runs them: the two must agree.
func TestWhatIsKnownIsWhatRuns(t *testing.T) {
	t.Parallel()
	engine, err := templating.New(templating.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d := Deps{Clock: clock.System{}, GitLabURL: "https://gitlab.example.com", WebhookURL: "https://portal.example.com/webhooks/gitlab"}
	registry, err := d.actions(source.Reader{}, engine)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(actions.All(), registry.IDs()); diff != "" {
		t.Error(diff)
	}
}
