package toolset_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/localaws"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/toolset"
	"github.com/slipwayhq/slipway/shared/scm"
)

// A template is checked against the list of actions in other places than the one that runs
// it: the two must agree.
func TestWhatIsKnownIsWhatRuns(t *testing.T) {
	t.Parallel()
	set, err := toolset.New(toolset.Config{ // nothing is called
		SCM: struct{ scm.Client }{}, Catalog: struct{ scaffolder.Catalog }{}, Environments: struct{ toolset.Environments }{},
		GitLabURL: "https://gitlab.example.com", AWS: actions.AWS{Region: "eu-west-1", Parameters: localaws.Parameters{}}, Vault: effects.NoSecrets{}, Clock: clock.System{},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(actions.All(), set.Actions.IDs()); diff != "" {
		t.Error(diff)
	}
}
