package rehearsal_test

import (
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/rehearsal"
	"github.com/slipwayhq/slipway/shared/scaffolder/script"
	"github.com/slipwayhq/slipway/shared/scaffolder/source"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// rehearser rehearses templates whose files are given with them.
func rehearser(t *testing.T) *rehearsal.Rehearser {
	t.Helper()
	engine, err := templating.New(templating.Config{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := actions.NewFiles(actions.FilesConfig{Skeletons: source.Reader{}, Engine: engine, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	publish, err := actions.NewPublishGitLab(actions.PublishConfig{BaseURL: "https://gitlab.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := actions.NewRegistry(append(list, publish, actions.CatalogRegister{})...)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := script.New(engine)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rehearsal.New(rehearsal.Config{Actions: registry, Script: reader})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
