package diskerr_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/diskerr"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cause error
		kind  errs.Kind
		says  string
	}{
		{syscall.ENOSPC, errs.Unavailable, "no space left for /data/x"},
		{syscall.EDQUOT, errs.Unavailable, "no space left for /data/x"},
		{syscall.EROFS, errs.Invalid, "/data/x can't be written"},
		{syscall.EACCES, errs.Invalid, "/data/x can't be written"},
		{syscall.EPERM, errs.Invalid, "/data/x can't be written"},
		{syscall.ENOTDIR, errs.Invalid, "/data/x is not where"},
		{syscall.EISDIR, errs.Invalid, "/data/x is not where"},
		{syscall.EIO, errs.Unavailable, "/data/x can't be read or written"},
		{context.DeadlineExceeded, errs.Unavailable, "given up"},
		{errs.New(errs.NotFound, "no such item"), errs.NotFound, "no such item"},
	} {
		err := diskerr.Wrap("/data/x", &fs.PathError{Op: "open", Path: "/data/x", Err: c.cause})
		if err.Kind != c.kind || !strings.Contains(err.Message, c.says) || !errors.Is(err, c.cause) {
			t.Errorf("%v gives %s %q", c.cause, err.Kind, err.Message)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := diskerr.Probe(dir); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the probe leaves %v, %v", left, err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(dir, ".probe")); err != nil {
		t.Fatal(err)
	}
	if err := diskerr.Probe(dir); !errors.Is(err, errs.Unavailable) || errs.Message(err) != "there is no space left for "+dir {
		t.Errorf("a full disk gives %v", err)
	}
	if err := diskerr.Probe(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a directory that is not there can be written to")
	}
}
