package workspace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func openStore(t testing.TB) (*Store, blob.Store) {
	t.Helper()
	blobs, err := dirblob.Open(dirblob.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	s, err := New(Config{Blobs: blobs})
	if err != nil {
		t.Fatal(err)
	}
	return s, blobs
}

func keys(t testing.TB, blobs blob.Store) []string {
	t.Helper()
	list, err := blobs.List(context.Background(), "workspaces/", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func sample(t testing.TB) *Files {
	t.Helper()
	f, err := Collect([]File{
		{Path: "z.txt", Content: []byte("z")},
		{Path: "run.sh", Content: []byte("#!/bin/sh\n"), Executable: true},
		{Path: "empty"},
		{Path: "large.bin", Content: bytes.Repeat([]byte{1, 2, 3}, packedFile)},
		{Path: "docs/link", Link: "../z.txt"},
		{Path: "a.txt", Content: []byte("a")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var sameFiles = cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })

func TestStoreKeepsFilesAndTheirOrder(t *testing.T) {
	t.Parallel()
	s, blobs := openStore(t)
	want := sample(t)
	for range 2 { // saving again is harmless: a step may be repeated
		if err := s.Save(t.Context(), "task-1", want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Load(t.Context(), "task-1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.All(), got.All(), sameFiles); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := len(keys(t, blobs)); n != 2 {
		t.Errorf("got %d blobs, want one tree and one large content: %v", n, keys(t, blobs))
	}
	if err := s.Save(t.Context(), "task-1", &Files{}); err != nil {
		t.Fatal(err)
	}
	if empty, err := s.Load(t.Context(), "task-1"); err != nil || empty.Len() != 0 {
		t.Errorf("got %v, %v", empty, err)
	}
}

func TestStoreSavesSmallFilesInOneBlob(t *testing.T) {
	t.Parallel()
	s, blobs := openStore(t)
	var f Files
	for i := range 500 {
		if err := f.Add(File{Path: fmt.Sprintf("dir/%d.txt", i), Content: []byte(strings.Repeat("x", i))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Save(t.Context(), "t", &f); err != nil {
		t.Fatal(err)
	}
	if list := keys(t, blobs); len(list) != 1 {
		t.Errorf("got %v", list)
	}
}

func TestStoreSaysWhenThereIsNothing(t *testing.T) {
	t.Parallel()
	s, _ := openStore(t)
	if _, err := s.Load(t.Context(), "none"); !errors.Is(err, errs.NotFound) {
		t.Errorf("got %v, want NotFound", err)
	}
	for _, id := range []string{"", "../x", "a b"} {
		if err := s.Save(t.Context(), id, sample(t)); !errors.Is(err, errs.Invalid) {
			t.Errorf("id %q: got %v, want Invalid", id, err)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a store without blobs was made")
	}
}

func TestDeleteRemovesOneWorkspaceOnly(t *testing.T) {
	t.Parallel()
	s, blobs := openStore(t)
	for _, id := range []string{"t1", "t10"} {
		if err := s.Save(t.Context(), id, sample(t)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.Delete(t.Context(), "t1"); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range keys(t, blobs) {
		if !strings.HasPrefix(key, "workspaces/t10/") {
			t.Errorf("%s is left", key)
		}
	}
	if _, err := s.Load(t.Context(), "t10"); err != nil {
		t.Error(err)
	}
}

func TestLoadNoticesDamage(t *testing.T) {
	t.Parallel()
	s, blobs := openStore(t)
	if err := s.Save(t.Context(), "t", sample(t)); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys(t, blobs) {
		good, err := blobs.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 5, 20, len(good) - 1} {
			bad := bytes.Clone(good)
			bad[i] ^= 0x40
			replace(t, blobs, key, bad)
			if got, err := s.Load(t.Context(), "t"); err == nil && !cmp.Equal(sample(t).All(), got.All(), sameFiles) {
				t.Errorf("%s with byte %d changed was loaded", key, i)
			}
			replace(t, blobs, key, good[:i])
			if _, err := s.Load(t.Context(), "t"); err == nil {
				t.Errorf("%s cut off at %d was loaded", key, i)
			}
		}
		replace(t, blobs, key, good)
	}
	if _, err := s.Load(t.Context(), "t"); err != nil {
		t.Errorf("after the repair: %v", err)
	}
}

func replace(t testing.TB, blobs blob.Store, key string, body []byte) {
	t.Helper()
	if err := blobs.Put(t.Context(), key, body); err != nil {
		t.Fatal(err)
	}
}

// A tree that somebody else wrote must not bring unsafe paths in.
func TestLoadChecksPathsAgain(t *testing.T) {
	t.Parallel()
	s, blobs := openStore(t)
	tree := encodeTree(table{Files: []row{{Path: "../../etc/passwd"}}, Pack: hash(nil)}, nil)
	replace(t, blobs, treeKey("t"), tree)
	if _, err := s.Load(t.Context(), "t"); !errors.Is(err, errs.Invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
}

func TestAnyFilesSurvive(t *testing.T) {
	t.Parallel()
	s, _ := openStore(t)
	rapid.Check(t, func(rt *rapid.T) {
		var f Files
		for range rapid.IntRange(0, 12).Draw(rt, "files") {
			_ = f.Add(File{ // what is refused is simply not part of the workspace
				Path:       rapid.StringMatching(`[a-cA-C.]{1,3}(/[a-c]{1,2}){0,2}`).Draw(rt, "path"),
				Content:    rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(rt, "content"),
				Executable: rapid.Bool().Draw(rt, "executable"),
			})
		}
		if err := s.Save(context.Background(), "any", &f); err != nil {
			rt.Fatal(err)
		}
		got, err := s.Load(context.Background(), "any")
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(f.All(), got.All(), sameFiles); f.Len() > 0 && diff != "" {
			rt.Fatalf("(-want +got)\n%s", diff)
		}
	})
}
