// Package inmemory gives tests folders that lie in memory where the machine has room for it.
//
// Everything the embedded adapters store is synced to the disk with each write, and most tests are not about the disk: there
// they would wait for it more than for anything else. Tests that kill a process or fill, damage or lock its files stay on
// testing's own folders.
package inmemory

import (
	"os"
	"syscall"
	"testing"
)

const (
	folder = "/dev/shm"
	// enough is free space, in bytes, that all tests of a run fit into at the same time many times over. Containers
	// often have 64 MB there, which they would not.
	enough = 1 << 30
)

// Dir gives a folder that is removed once the test has ended: in memory, or else as t.TempDir does.
func Dir(t testing.TB) string {
	t.Helper()
	return dirIn(t, folder, enough)
}

func dirIn(t testing.TB, parent string, enough uint64) string {
	t.Helper()
	if free(parent) < enough {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(parent, "slipway-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("removing a folder in memory: %v", err)
		}
	})
	return dir
}

// free gives the bytes that may still be written below a folder, 0 where there is none.
func free(dir string) uint64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0
	}
	return s.Bavail * uint64(s.Bsize)
}
