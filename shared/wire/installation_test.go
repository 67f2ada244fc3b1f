package wire

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/test/inmemory"
)

func TestADataDirectoryBelongsToOneGitLab(t *testing.T) {
	t.Parallel()
	dir := inmemory.Dir(t)
	for range 2 {
		if err := errors.Join(checkInstallation(dir, "http://127.0.0.1:7080"), recordInstallation(dir, "http://127.0.0.1:7080")); err != nil {
			t.Fatal(err)
		}
	}
	err := checkInstallation(dir, "http://127.0.0.1:7081")
	if !errors.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "http://127.0.0.1:7080") {
		t.Errorf("another address: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "installation.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkInstallation(dir, "http://127.0.0.1:7080"); errs.KindOf(err) != errs.Internal {
		t.Errorf("a damaged file: %v", err)
	}
}
