package aws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/s3"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/reconcile"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/workflow"
	"github.com/slipwayhq/slipway/statemachines"
)

const (
	// teams is the group that discovery looks through.
	teams = "teams"
	// untold is where the entity of the project is shown that nobody tells of.
	untold = "/api/catalog/entities/by-name/component/default/untold"
	// all is a page of everything.
	all = "/api/catalog/entities/by-query?limit=1000&orderField=metadata.name,asc"
)

// What an instance logs about its index.
const (
	fromSnapshot = `"from":"snapshot"`
	fromTable    = `"from":"table"`
	unusable     = "the catalog's snapshot can't be used"
)

func component(name, description string) []byte {
	return fmt.Appendf(nil, "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: %s\n  description: %s\nspec:\n  type: service\n  lifecycle: production\n  owner: group:default/platform\n", name, description)
}

// reconcile runs the state machine and gives the report.
func (s *stack) reconcile(t *testing.T) (r reconcile.Report) {
	t.Helper()
	name := ids.Random{}.New()
	if err := s.machines.Start(t.Context(), statemachines.Reconcile, name, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of a reconciliation", func() (bool, string) {
		run, err := s.machines.Describe(t.Context(), statemachines.Reconcile, name)
		if err != nil {
			t.Fatal(err)
		}
		if run.Status != workflow.Running && run.Status != workflow.Succeeded {
			t.Fatalf("the reconciliation ended as %+v", run)
		}
		return run.Status == workflow.Succeeded, string(run.Status)
	})
	s.portal.must(t, http.StatusOK, http.MethodGet, "/api/catalog/reconciliation", nil).into(t, &r)
	if r.Run != name || !r.Complete {
		t.Fatalf("run %s reports %+v", name, r)
	}
	return r
}

// reconcileUntold makes projects without a webhook, so that nobody hears of them, and
// reconciles: they are in the catalog, and the next push will be told of.
func reconcileUntold(t *testing.T, s *stack) {
	if err := s.gitlab.EnsureGroup(t.Context(), teams, "internal"); err != nil {
		t.Fatal(err)
	}
	var many [][]byte // changes enough for a snapshot to be worth it
	for i := range view.MaxTail {
		many = append(many, component(fmt.Sprintf("many-%03d", i), "One of many"))
	}
	for name, file := range map[string][]byte{"untold": component("untold", "Nobody told"), "many": bytes.Join(many, []byte("---\n"))} {
		project, err := s.scm.CreateProject(t.Context(), scm.NewProject{Namespace: teams, Slug: name, DefaultBranch: "main", Visibility: "internal"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.scm.Commit(t.Context(), project.ID, scm.NewCommit{
			Branch: "main", Message: "Describe it [skip ci]", Changes: []scm.Change{{Action: scm.CreateFile, Path: "catalog-info.yaml", Content: file}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.portal.must(t, http.StatusNotFound, http.MethodGet, untold, nil)

	r := s.reconcile(t)
	if r.Projects.Read < 2 || r.Hooks.Created < 2 || len(r.Hooks.Problems) > 0 || r.Log.Behind == nil || *r.Log.Behind != 0 {
		t.Errorf("the report is %+v", r)
	}
	s.portal.must(t, http.StatusOK, http.MethodGet, untold, nil)
	project, err := s.scm.Project(t.Context(), teams+"/untold")
	if err != nil {
		t.Fatal(err)
	}
	if hooks, err := s.scm.Hooks(t.Context(), project.ID); err != nil || len(hooks) != 1 || hooks[0].URL != s.outputs["WebhookUrl"] {
		t.Errorf("hooks %+v, %v", hooks, err)
	}
}

// snapshots starts instances with a snapshot that is there, and with one that can't be
// read. Both answer what one says that has been there all the time.
func snapshots(t *testing.T, s *stack) {
	want := s.portal.must(t, http.StatusOK, http.MethodGet, all, nil).Body
	s.mustStart(t, want, fromSnapshot)
	if s.enforced {
		restore := s.withhold(t, "catalog", "s3:GetObject")
		s.mustStart(t, want, fromTable, unusable)
		restore()
	} else {
		s.damageSnapshot(t)
		s.mustStart(t, want, fromTable, unusable)
		s.reconcile(t)
	}
	s.mustStart(t, want, fromSnapshot)
}

// damageSnapshot makes the kept snapshot one that nobody can read.
func (s *stack) damageSnapshot(t *testing.T) {
	t.Helper()
	blobs, err := s3.New(s3.Config{AWS: s.account, Bucket: s.outputs["SnapshotBucketName"], Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := blobs.Put(t.Context(), "catalog/index/manifest.json", []byte("{")); err != nil {
		t.Fatal(err)
	}
}

// mustStart starts an instance of the catalog, which answers that, and says so about where
// its index is from.
func (s *stack) mustStart(t *testing.T, want []byte, says ...string) {
	t.Helper()
	i := s.another(t, "catalog")
	if got := i.get(t, all); !bytes.Equal(got, want) {
		t.Errorf("another instance answers differently:\n%s", cmp.Diff(items(t, want), items(t, got)))
	}
	for _, text := range says {
		eventually(t, "a log with "+text, func() (bool, string) {
			i.get(t, untold) // a line may come with the log of the next call
			return strings.Contains(i.log, text), i.log
		})
	}
	if len(says) == 1 && strings.Contains(i.log, unusable) {
		t.Errorf("it could not use the snapshot: %s", i.log)
	}
}

// items gives the entities of a page by their refs.
func items(t *testing.T, page []byte) map[string]any {
	t.Helper()
	var p struct{ Items []map[string]any }
	if err := json.Unmarshal(page, &p); err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	for i, e := range p.Items {
		m, _ := e["metadata"].(map[string]any)
		out[fmt.Sprintf("%04d %v %v", i, e["kind"], m["name"])] = e
	}
	return out
}
