package scaffolder

import (
	"errors"
	"testing"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestTwinsAreRefused(t *testing.T) {
	t.Parallel()
	project := operations.Effect{ID: "a/project", Kind: "gitlab.project", Target: "apps/orders"}
	hook := operations.Effect{ID: "a/hook", Kind: "gitlab.hook", Target: "apps/orders"}
	twin := operations.Effect{ID: "b/project", Kind: "gitlab.project", Target: "apps/orders"}
	if err := refuseTwins([]operations.Effect{project, hook}); err != nil {
		t.Errorf("different effects: %v", err)
	}
	err := refuseTwins([]operations.Effect{project, hook, twin})
	if !errors.Is(err, errs.Invalid) || errs.Message(err) != "two steps of the template make the same gitlab.project apps/orders" {
		t.Errorf("twins: %v", err)
	}
}
