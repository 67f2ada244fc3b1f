package view_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/catalog/snapshot"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/test/inmemory"
)

func (b *bench) fill(t *testing.T, from, to int) {
	t.Helper()
	for n := from; n < to; n += 20 {
		batch := map[string][]string{}
		for i := n; i < min(n+20, to); i++ {
			batch[fmt.Sprintf("c%04d", i)] = nil
		}
		b.put(t, batch)
	}
}

func compact(t *testing.T, v *view.View, want bool) {
	t.Helper()
	if wrote, err := v.Compact(context.Background()); err != nil || wrote != want {
		t.Fatalf("a snapshot was written: %t, want %t: %v", wrote, want, err)
	}
}

// A new instance opens the snapshot and reads only the tail of the log; a damaged snapshot
// costs it a look at the whole table, nothing else, and is replaced.
func TestInstancesOpenSnapshots(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	blobs, err := dirblob.Open(dirblob.Config{Dir: filepath.Join(inmemory.Dir(t), "blobs")})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := snapshot.New(snapshot.Config{Blobs: blobs, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	withSnapshots := func(d *view.Deps) { d.Snapshots = kept }
	b.fill(t, 0, 150)
	writer := b.view(t, withSnapshots)
	compact(t, writer, false)
	b.fill(t, 150, 300)
	compact(t, writer, true)
	compact(t, writer, false)
	b.remove(t, "component:default/c0000")
	want := shown(t, b.view(t))

	opened := b.view(t, withSnapshots)
	before := b.table.queries.Load()
	if diff := cmp.Diff(want, shown(t, opened)); diff != "" {
		t.Fatal(diff)
	}
	if cost := b.table.queries.Load() - before; cost != 1 {
		t.Fatalf("opening a snapshot and answering cost %d queries", cost)
	}

	names, err := blobs.List(context.Background(), "catalog/", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.Contains(name, "/parts/") {
			if err := blobs.Put(context.Background(), name, []byte("damaged")); err != nil {
				t.Fatal(err)
			}
		}
	}
	rebuilt := b.view(t, withSnapshots)
	if diff := cmp.Diff(want, shown(t, rebuilt)); diff != "" {
		t.Fatal(diff)
	}
	compact(t, rebuilt, true)
	if _, seq, err := kept.Load(context.Background()); err != nil || seq != 301 {
		t.Fatalf("the replaced snapshot: %d, %v", seq, err)
	}
}
