package wire

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/webhooks"
)

func TestSecretsAreMadeOnceAndKeptToTheOwner(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	first, err := loadSecrets(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := loadSecrets(dir)
	if err != nil || again != first {
		t.Errorf("the secrets changed: %v", err)
	}
	if elsewhere, err := loadSecrets(other); err != nil || elsewhere.GitLabToken == first.GitLabToken || elsewhere.WebhookSigning == first.WebhookSigning {
		t.Errorf("two installations share secrets: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, "secrets.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if !strings.HasPrefix(first.GitLabToken, "glpat-") || !strings.HasPrefix(first.WebhookSigning, "whsec_") || len(first.WebhookToken) < 32 {
		t.Errorf("made %d, %d and %d characters", len(first.GitLabToken), len(first.WebhookToken), len(first.WebhookSigning))
	}
	source := webhooks.Secrets{Tokens: []string{first.WebhookToken}, Signing: []string{first.WebhookSigning}}
	if _, err := source.WebhookSecrets(t.Context()); err != nil {
		t.Errorf("the receiver does not take them: %v", err)
	}
}

func TestDamagedSecretsAreNotReplaced(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"empty": "", "cut": `{"gitlabToken":"glpat-x","webh`, "one is missing": `{"gitlabToken":"glpat-x","webhookToken":"hunter2"}`, "not an object": `[]`,
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "secrets.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadSecrets(dir)
		if errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.Message(err), path) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != content {
			t.Errorf("%s: now %q, %v", name, left, err)
		}
	}
}
