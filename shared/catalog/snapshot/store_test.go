package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/snapshot"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func newStore(t *testing.T) (*snapshot.Store, *dirblob.Store) {
	t.Helper()
	blobs, err := dirblob.Open(dirblob.Config{Dir: filepath.Join(t.TempDir(), "blobs")})
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.New(snapshot.Config{Blobs: blobs, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	return s, blobs
}

func record(n int) index.Record {
	return index.Record{ETag: fmt.Sprint(n), Entity: entity.Entity{APIVersion: "backstage.io/v1alpha1", Kind: "Component",
		Metadata: map[string]any{"name": fmt.Sprintf("c%05d", n), "namespace": "default", "uid": fmt.Sprintf("uid-%05d", n)},
		Spec:     map[string]any{"type": "service", "lifecycle": "production", "owner": "team-a"}}}
}

func records(from, to int) (out []index.Record) {
	for n := from; n < to; n++ {
		out = append(out, record(n))
	}
	return out
}

func parts(t *testing.T, x *index.Index) (out []index.SegmentData) {
	t.Helper()
	if err := x.Seal(); err != nil {
		t.Fatal(err)
	}
	for _, s := range x.Segments() {
		out = append(out, index.SegmentData{Bytes: s.Bytes(), Deleted: s.Deleted()})
	}
	return out
}

func save(t *testing.T, s *snapshot.Store, x *index.Index, seq int64) {
	t.Helper()
	if err := s.Save(context.Background(), parts(t, x), seq); err != nil {
		t.Fatal(err)
	}
}

func keys(t *testing.T, blobs blob.Store) []string {
	t.Helper()
	out, err := blobs.List(context.Background(), "catalog/", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func refs(x *index.Index) (out []string) {
	docs, _ := x.List(index.List{Limit: -1})
	for _, d := range docs {
		out = append(out, d.Ref()+" "+d.ETag())
	}
	return out
}

func TestWhatIsSavedIsLoaded(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	if _, _, err := s.Load(context.Background()); !errors.Is(err, errs.NotFound) {
		t.Fatalf("without a snapshot: %v", err)
	}
	x, err := index.Build(index.Config{}, slices.Values(records(0, 2000)))
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Apply(records(2000, 2010), []string{"component:default/c00007"}); err != nil {
		t.Fatal(err)
	}
	save(t, s, x, 42)
	got, seq, err := s.Load(context.Background())
	if err != nil || seq != 42 {
		t.Fatal(seq, err)
	}
	if diff := cmp.Diff(refs(x), refs(got)); diff != "" {
		t.Fatal(diff)
	}
	if head, err := s.Head(context.Background()); err != nil || head != 42 {
		t.Fatal(head, err)
	}
}

// A new snapshot writes what is new, keeps what the last one needs, and removes the rest.
func TestOnlyWhatIsNewIsWritten(t *testing.T) {
	t.Parallel()
	s, blobs := newStore(t)
	x, err := index.Build(index.Config{Inline: 1}, slices.Values(records(0, 3000)))
	if err != nil {
		t.Fatal(err)
	}
	save(t, s, x, 1)
	first := keys(t, blobs)
	if err := x.Apply(records(3000, 3010), nil); err != nil {
		t.Fatal(err)
	}
	save(t, s, x, 2)
	second := keys(t, blobs)
	if len(second) != len(first)+1 {
		t.Fatalf("ten entities more: %d blobs became %d", len(first), len(second))
	}
	save(t, s, x, 1) // an older one that comes late
	if head, err := s.Head(context.Background()); err != nil || head != 2 {
		t.Fatalf("the older one won: %d, %v", head, err)
	}
	if err := x.Compact(); err != nil {
		t.Fatal(err)
	}
	save(t, s, x, 3)
	for _, key := range second {
		if !slices.Contains(keys(t, blobs), key) {
			t.Errorf("%s is gone while instances may still read it", key)
		}
	}
	save(t, s, x, 4)
	save(t, s, x, 5)
	if left := keys(t, blobs); len(left) != 2 {
		t.Fatalf("one segment and a manifest are wanted, there are %v", left)
	}
}

// Whatever is wrong with a snapshot is one kind of error, which readers answer with a
// rebuild; the next one that is saved can be loaded again.
func TestDamage(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(ctx context.Context, b blob.Store, key string) error{
		"a part is gone":  func(ctx context.Context, b blob.Store, key string) error { return b.Delete(ctx, key) },
		"a part is empty": func(ctx context.Context, b blob.Store, key string) error { return b.Put(ctx, key, nil) },
		"a part is another": func(ctx context.Context, b blob.Store, key string) error {
			return b.Put(ctx, key, []byte("other bytes"))
		},
		"a bit of a part":       flip,
		"no manifest":           manifest("{"),
		"another format":        manifest(`{"format":99,"seq":1}`),
		"an impossible size":    manifest(`{"format":2,"seq":1,"parts":[{"digest":"x","bytes":99999999999,"pieces":["catalog/index/parts/x/0000"]}]}`),
		"a negative size":       manifest(`{"format":2,"seq":1,"parts":[{"digest":"x","bytes":-1,"pieces":[]}]}`),
		"deletions of no part":  manifest(`{"format":2,"seq":1,"parts":[{"digest":"x","bytes":0,"pieces":[],"deleted":"AAAA"}]}`),
		"a key outside of ours": manifest(`{"format":2,"seq":1,"parts":[{"digest":"x","bytes":1,"pieces":["workspaces/../../etc"]}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, blobs := newStore(t)
			x, err := index.Build(index.Config{}, slices.Values(records(0, 300)))
			if err != nil {
				t.Fatal(err)
			}
			save(t, s, x, 7)
			i := slices.IndexFunc(keys(t, blobs), func(k string) bool { return strings.Contains(k, "/parts/") })
			if err := damage(context.Background(), blobs, keys(t, blobs)[i]); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Load(context.Background()); errs.KindOf(err) != errs.Internal {
				t.Fatalf("%v: %s", err, errs.KindOf(err))
			}
		})
	}
}

// locked is a blob store that nothing can be read from; what is refused is Internal as well.
type locked struct{ blob.Store }

func (locked) Get(context.Context, string) ([]byte, error) {
	return nil, errs.New(errs.Internal, "access denied")
}

// TestUnreadIsNotDamaged: what can't be read may be good, and is neither passed over nor
// written anew.
func TestUnreadIsNotDamaged(t *testing.T) {
	t.Parallel()
	s, blobs := newStore(t)
	x, err := index.Build(index.Config{}, slices.Values(records(0, 10)))
	if err != nil {
		t.Fatal(err)
	}
	save(t, s, x, 7)
	before := keys(t, blobs)
	shut, err := snapshot.New(snapshot.Config{Blobs: locked{blobs}, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	_, _, loaded := shut.Load(t.Context())
	_, head := shut.Head(t.Context())
	for what, err := range map[string]error{"load": loaded, "head": head, "save": shut.Save(t.Context(), nil, 8)} {
		if errs.KindOf(err) != errs.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	if after := keys(t, blobs); !slices.Equal(before, after) {
		t.Errorf("%v became %v", before, after)
	}
}

func manifest(text string) func(context.Context, blob.Store, string) error {
	return func(ctx context.Context, b blob.Store, _ string) error {
		return b.Put(ctx, "catalog/index/manifest.json", []byte(text))
	}
}

func flip(ctx context.Context, b blob.Store, key string) error {
	body, err := b.Get(ctx, key)
	if err != nil {
		return err
	}
	body[len(body)/2] ^= 1
	return b.Put(ctx, key, body)
}
