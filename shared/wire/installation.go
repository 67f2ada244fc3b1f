package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// installation is what a data directory was made for. The catalog's locations hold
// GitLab's address, so that the same data is of no use with another one.
type installation struct {
	GitLabURL string `json:"gitlabUrl"`
}

func installationPath(dir string) string { return filepath.Join(dir, "installation.json") }

// checkInstallation compares the directory's GitLab with the one to be used. A directory
// that no system was put together in belongs to none yet.
func checkInstallation(dir, gitlabURL string) error {
	path := installationPath(dir)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, path+" can't be read", err)
	}
	var made installation
	if err := json.Unmarshal(raw, &made); err != nil || made.GitLabURL == "" {
		return errs.New(errs.Internal, path+" is damaged")
	}
	if made.GitLabURL != gitlabURL {
		return errs.New(errs.Conflict, fmt.Sprintf("the data in %s belongs to the GitLab at %s, not to the one at %s: use its address, or another directory", dir, made.GitLabURL, gitlabURL))
	}
	return nil
}

// recordInstallation makes the directory that GitLab's, once the whole system could be put
// together with it.
func recordInstallation(dir, gitlabURL string) error {
	raw, err := json.Marshal(installation{GitLabURL: gitlabURL})
	if err != nil {
		return fmt.Errorf("writing what the data directory is for: %w", err)
	}
	return writeWhole(installationPath(dir), raw)
}
