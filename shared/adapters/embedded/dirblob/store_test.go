package dirblob_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/blob/blobtest"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func open(t *testing.T, dir string) *dirblob.Store {
	t.Helper()
	s, err := dirblob.Open(dirblob.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestBlobContract(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, filepath.Join(t.TempDir(), "blobs")) })
}

func TestUnfinishedWritesAreCleared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Put(t.Context(), "a/b", []byte("x")); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "~unfinished", "7")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was unfinished is still there: %v", err)
	}
	if keys, err := again.List(t.Context(), "", "", 10); err != nil || len(keys) != 1 {
		t.Errorf("the store lists %q, %v", keys, err)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	for _, key := range []string{"a/b/c", "a/b/D", strings.Repeat("long", 100) + "/x"} {
		if err := s.PutNew(t.Context(), key, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := s.PutNew(t.Context(), key, []byte("y")); err == nil {
			t.Fatal("put twice")
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the directory holds %v, %v", entries, err)
	}
	if entries, err = os.ReadDir(filepath.Join(dir, "~unfinished")); err != nil || len(entries) != 0 {
		t.Errorf("unfinished: %v, %v", entries, err)
	}
}

func TestLinksLeadNowhere(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret~"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if body, err := s.Get(t.Context(), "link/secret"); err == nil {
		t.Errorf("a link leads to %q", body)
	}
	if err := s.Put(t.Context(), "link/new", []byte("x")); err == nil {
		t.Error("a link is written through")
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("outside there is %v, %v", entries, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		if _, err := dirblob.Open(dirblob.Config{Dir: dir}); !errors.Is(err, errs.Invalid) || !strings.Contains(errs.Message(err), dir) {
			t.Errorf("opening %s gives %v", dir, err)
		}
	}
	if _, err := dirblob.Open(dirblob.Config{}); err == nil {
		t.Error("Open takes an empty Config")
	}
}
