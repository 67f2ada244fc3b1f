package catalog_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

const openGate = `apiVersion: aws.backstage.io/v1alpha
kind: AWSEnvironment
metadata: {name: prod, level: 3, deploymentRequiresApproval: false}
spec: {type: environment, lifecycle: production, owner: team-a, dependsOn: ["awsenvironmentprovider:default/prod"]}
`

// An environment without its approval, registered by an application team over the
// platform's provider, would lead their pipeline past the gate.
func TestOnlyThePlatformDefinesEnvironments(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ruled, err := catalog.New(catalog.Deps{
		Table: f.table, Source: f.host, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard(), PlatformGroups: []string{"Platform"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for project, want := range map[string][]string{
		"apps/orders":          {"component:default/orders"},
		"platform-fakes/infra": {"component:default/orders-two"},
		"platform/deep/infra":  {"awsenvironment:default/prod", "component:default/orders-three"},
	} {
		name := strings.TrimPrefix(want[len(want)-1], "component:default/")
		f.host.push(project, "main", map[string]string{"catalog-info.yaml": component(name, "1") + "---\n" + openGate})
		got, err := ruled.IngestProject(t.Context(), project, "main", true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Upserted); diff != "" {
			t.Errorf("%s: %s", project, diff)
		}
		if refused := len(want) == 1; refused != (len(got.Problems) == 1) {
			t.Errorf("%s: problems %v", project, got.Problems)
		}
	}
	if shown := slices.Collect(maps.Keys(f.refs(t))); len(shown) != 4 {
		t.Errorf("the catalog shows %v", shown)
	}
}
