package inmemory

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"
)

func TestDirIsGoneAfterItsTest(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	for name, tt := range map[string]struct {
		parent string
		enough uint64
		within bool
	}{
		"room":      {parent, 1, true},
		"no room":   {parent, math.MaxUint64, false},
		"no folder": {filepath.Join(parent, "none"), 1, false},
	} {
		var dir string
		t.Run(name, func(t *testing.T) {
			dir = dirIn(t, tt.parent, tt.enough)
			if err := os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			if within := filepath.Dir(dir) == parent; within != tt.within {
				t.Errorf("%s is below %s: %v", dir, parent, within)
			}
		})
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %s is left: %v", name, dir, err)
		}
	}
}
