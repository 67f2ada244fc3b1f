package scaffolder_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder"
)

// What the run would refuse, the plan refuses: nothing is begun for it.
func TestAPlanRefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	into := func(owner string) string { return strings.Replace(publishStep, "owner=apps", "owner="+owner, 1) }
	files := map[string]string{"catalog-info.yaml": component, ".gitlab-ci.yml": passing}
	for _, c := range []struct {
		name, steps string
		files       map[string]string
		want        string
	}{
		{"all is there", fetchStep + publishStep + registerStep, files, ""},
		{"no such group", fetchStep + into("nowhere"), files, `step "publish": the namespace nowhere does not exist, or not for this token, and no step makes it`},
		{"a group that digits would find", fetchStep + into("1"), files, `step "publish": the namespace 1 does not exist`},
		{"nothing made", publishStep, files, `step "publish": there is nothing to publish: the steps before left no file`},
		{"nothing below the source path", fetchStep + strings.Replace(publishStep, "'}}", "', sourcePath: none}}", 1), files, `step "publish": there is nothing to publish: the steps before left no file`},
		{"no catalog file", fetchStep + publishStep + registerStep, map[string]string{".gitlab-ci.yml": passing}, `step "register": no step writes the file main/catalog-info.yaml of apps/orders, which is to be registered`},
		{"another catalog file", fetchStep + publishStep + strings.Replace(registerStep, "}}'}}", "}}', catalogInfoPath: docs/x.yaml}}", 1), files, `step "register": no step writes the file main/docs/x.yaml of`},
		{"an optional catalog file", fetchStep + publishStep + strings.Replace(registerStep, "}}'}}", "}}', optional: true}}", 1), map[string]string{".gitlab-ci.yml": passing}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.steps, c.files)
			ctx := correlation.With(t.Context(), correlation.IDs{Actor: "user:default/ann", RequestID: "req-1"})
			o, err := w.ops.Draft(ctx, operations.Request{Type: scaffolder.CreateAppType, Input: []byte(`{"template":"service","values":{"name":"orders"}}`)})
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.planner.Plan(ctx, o)
			if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, errs.Invalid) || !strings.HasPrefix(errs.Message(err), c.want)) {
				t.Errorf("%v", err)
			}
		})
	}
}
