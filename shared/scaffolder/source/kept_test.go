package source_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/faults"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/source"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/shared/scm"
)

func spaces(t *testing.T) *workspace.Store {
	t.Helper()
	blobs, err := dirblob.Open(dirblob.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	s, err := workspace.New(workspace.Config{Blobs: blobs})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// An operation reads a skeleton to plan and to run. Kept, it asks the host once: half of the
// archives are left, which hosts allow few of, and none is asked for when the host is away.
func TestWhatWasPlannedWithIsRunWith(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "platform")
	r := reader(t, g)
	r.Archives = g.Client
	want, from := many(t, g)
	from.Operation = "op-1"
	for name, c := range map[string]struct {
		skeletons actions.Skeletons
		archives  int32
	}{
		"read each time": {r, 2}, "kept": {source.Kept{Skeletons: r, Spaces: spaces(t)}, 1},
	} {
		archives, _ := requests(g, none)
		for range 2 {
			got, err := c.skeletons.Skeleton(t.Context(), from, "skeleton")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(byPath(want), byPath(got.All())); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if archives.Load() != c.archives {
			t.Errorf("%s: %d archives for planning and running, want %d", name, archives.Load(), c.archives)
		}
	}
}

func TestWhatIsKeptIsThereWhenTheHostIsAway(t *testing.T) {
	t.Parallel()
	g := gitlabtest.Start(t, "platform")
	_, from := many(t, g)
	kept := source.Kept{Skeletons: reader(t, g), Spaces: spaces(t)}
	from.Operation = "op-1"
	moving := g.URL + "/platform/many/-/tree/main/other"
	before, err := kept.Skeleton(t.Context(), from, moving)
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Client.Commit(t.Context(), from.Project, scm.NewCommit{Branch: "main", Message: "Go on", Changes: []scm.Change{{Action: scm.CreateFile, Path: "other/new.txt", Content: []byte("x")}}})
	if err != nil {
		t.Fatal(err)
	}
	another := from
	another.Operation = "op-2"
	if now, err := kept.Skeleton(t.Context(), another, moving); err != nil || now.Len() != before.Len()+1 {
		t.Errorf("another operation sees %d files, %v", now.Len(), err)
	}
	g.Faults.Set(faults.Always(func(*http.Request) bool { return true }, faults.Refused(http.StatusServiceUnavailable)))
	if then, err := kept.Skeleton(t.Context(), from, moving); err != nil || !cmp.Equal(byPath(before.All()), byPath(then.All())) {
		t.Errorf("%v, %v", then, err)
	}
	for what, elsewhere := range map[string]actions.Source{"another operation": {Operation: "op-3"}, "no operation": {}, "another commit": {Operation: "op-1", Commit: "0"}} {
		at := from
		at.Operation = elsewhere.Operation
		if elsewhere.Commit != "" {
			at.Commit = elsewhere.Commit
		}
		if _, err := kept.Skeleton(t.Context(), at, moving); !errors.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
