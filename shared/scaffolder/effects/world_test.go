package effects_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/gitlabtest"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/catalogtest"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const (
	hookURL    = "http://127.0.0.1:9/webhooks/gitlab"
	descriptor = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: orders}\nspec: {type: service, lifecycle: experimental, owner: platform}\n"
)

func op(id string) operations.Ref {
	return operations.Ref{ID: id, Type: "app.create", Target: "component:default/orders", Actor: "user:default/ann"}
}

// world is a GitLab, a catalog that reads from it, and the performers.
type world struct {
	*gitlabtest.GitLab
	catalog    *catalog.Service
	spaces     *workspace.Store
	performers map[string]operations.Performer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{GitLab: gitlabtest.Start(t, "apps")}
	w.openStores(t)
	w.performers = map[string]operations.Performer{
		effects.ProjectKind: effects.Project{Projects: w.Client, Repositories: w.Client},
		effects.CommitKind:  effects.Commit{Projects: w.Client, Repositories: w.Client, Workspaces: w.spaces},
		effects.HookKind: effects.Hook{Projects: w.Client, Hooks: w.Client, URL: hookURL, Secrets: func(context.Context) (effects.HookSecrets, error) {
			return effects.HookSecrets{Token: "hook-token"}, nil
		}},
		effects.PipelineKind: effects.Pipeline{Projects: w.Client, Pipelines: w.Client},
		effects.LocationKind: effects.Location{Locations: effects.CatalogLocations{Catalog: w.catalog}},
	}
	return w
}

func (w *world) openStores(t *testing.T) {
	t.Helper()
	w.catalog = catalogtest.New(t, w.GitLab)
	blobs, err := dirblob.Open(dirblob.Config{Dir: inmemory.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	if w.spaces, err = workspace.New(workspace.Config{Blobs: blobs}); err != nil {
		t.Fatal(err)
	}
}

// fill puts files into an operation's workspace.
func (w *world) fill(t *testing.T, id string, list ...workspace.File) {
	t.Helper()
	files, err := workspace.Collect(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.spaces.Save(t.Context(), id, files); err != nil {
		t.Fatal(err)
	}
}

func (w *world) do(t *testing.T, ref operations.Ref, e operations.Effect) json.RawMessage {
	t.Helper()
	raw, err := w.performers[e.Kind].Do(t.Context(), ref, e)
	if err != nil {
		t.Fatalf("%s: %v", e.Kind, err)
	}
	return raw
}

func read[T any](t *testing.T, raw json.RawMessage) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func must(t *testing.T, e operations.Effect, err error) operations.Effect {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// digest gives the digest of an operation's files, of none when there are none.
func (w *world) digest(t *testing.T, id string) string {
	t.Helper()
	files, err := w.spaces.Load(t.Context(), id)
	if err != nil {
		return (&workspace.Files{}).Digest()
	}
	return files.Digest()
}

// chain gives the effects that create an application, in order.
func (w *world) chain(t *testing.T, id string) []operations.Effect {
	t.Helper()
	project, err1 := effects.NewProject("p/project", effects.ProjectParams{Namespace: "apps", Slug: "orders", DefaultBranch: "main", Visibility: "private", Description: "Takes orders"})
	commit, err2 := effects.NewCommit("p/commit", effects.CommitParams{Project: "apps/orders", Branch: "main", Title: "Create orders", Files: w.digest(t, id), NoPipeline: true})
	hook, err3 := effects.NewHook("p/hook", effects.HookParams{Project: "apps/orders"})
	pipeline, err4 := effects.NewPipeline("pipeline", effects.PipelineParams{Project: "apps/orders", Ref: "main"})
	location, err5 := effects.NewLocation("r/location", effects.LocationParams{Target: w.URL + "/apps/orders/-/blob/main/catalog-info.yaml"})
	return []operations.Effect{must(t, project, err1), must(t, commit, err2), must(t, hook, err3), must(t, pipeline, err4), must(t, location, err5)}
}
