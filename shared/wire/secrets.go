package wire

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// secrets are what one installation's parts prove themselves to each other with. They are
// made at the first start and kept in the data directory, readable by its owner only.
type secrets struct {
	GitLabToken    string `json:"gitlabToken"` // of the embedded GitLab
	WebhookToken   string `json:"webhookToken"`
	WebhookSigning string `json:"webhookSigning"` // "whsec_…"
	Sealing        string `json:"sealing"`        // what secrets of operations are sealed with
}

func loadSecrets(dir string) (secrets, error) {
	path := filepath.Join(dir, "secrets.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeSecrets(path)
	}
	if err != nil {
		return secrets{}, errs.Wrap(errs.Unavailable, "the data directory's secrets can't be read", err)
	}
	var s secrets
	if err := json.Unmarshal(raw, &s); err != nil || s.GitLabToken == "" || s.WebhookToken == "" || s.WebhookSigning == "" {
		return secrets{}, errs.New(errs.Conflict, path+" is damaged: it has to hold the secrets that the data directory was begun with")
	}
	if s.Sealing == "" { // begun before operations had secrets
		s.Sealing = text(24)
		return s, s.write(path)
	}
	return s, nil
}

func makeSecrets(path string) (secrets, error) {
	s := secrets{GitLabToken: "glpat-" + text(15), WebhookToken: text(24), WebhookSigning: "whsec_" + base64.StdEncoding.EncodeToString(random(32)), Sealing: text(24)}
	return s, s.write(path)
}

func (s secrets) write(path string) error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the secrets: %w", err)
	}
	return writeWhole(path, raw)
}

// writeWhole writes a small file aside and renames it: a process killed in between leaves
// no half file.
func writeWhole(path string, raw []byte) error {
	err := os.WriteFile(path+".new", raw, 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, "the data directory can't be written to", err)
	}
	return nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return b
}

func text(n int) string { return base64.RawURLEncoding.EncodeToString(random(n)) }
