package localaws_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/localaws"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions/parametertest"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects/secrettest"
	"github.com/slipwayhq/slipway/shared/sealing"
)

func open(t *testing.T, path string) *localaws.Secrets {
	t.Helper()
	f, err := bolttable.Open(bolttable.Config{Path: path, Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	tab, err := f.Table("aws")
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := sealing.New(sealing.Config{Secrets: []string{strings.Repeat("s", sealing.MinSecret)}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := localaws.New(localaws.Config{Table: tab, Sealer: sealer, Account: "000000000000", IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSecretContract(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "aws.db"))
	secrettest.Run(t, secrettest.Harness{Store: s, Value: s.Value})
}

func TestValuesAreNotInTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "aws.db")
	s := open(t, path)
	arn, err := s.CreateSecret(t.Context(), effects.SecretParams{Region: "eu-west-1", Name: "token"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutSecretValue(t.Context(), "eu-west-1", arn, strings.Repeat("v", 32), "glpat-canary"); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte("glpat-canary")) || !bytes.Contains(raw, []byte("secret:token")) {
		t.Errorf("the file of %d bytes holds the value, or not even the secret: %v", len(raw), err)
	}
}

func TestParameterContract(t *testing.T) {
	t.Parallel()
	file, err := json.Marshal(map[string]any{"111111111111": map[string]any{"eu-west-1": parameterFile()}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := localaws.ReadParameters(file)
	if err != nil {
		t.Fatal(err)
	}
	parametertest.Run(t, parametertest.Harness{
		Parameters: p, Place: actions.Place{Account: "111111111111", Region: "eu-west-1", Role: "arn:aws:iam::111111111111:role/any"},
		Empty: actions.Place{Account: "111111111111", Region: "us-east-1"},
	})
}

// parameterFile writes the contract's content as people write it.
func parameterFile() map[string]any {
	out := map[string]any{}
	for name, p := range parametertest.Content() {
		if out[name] = p.Value; p.Secret {
			out[name] = map[string]any{"value": p.Value, "secret": true}
		}
	}
	return out
}

func TestFilesThatHoldNoParameters(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"", "[]", `{"1": 2}`, `{"1": {"r": {"n": 3}}}`, `{"1": {"r": {"n": {"values": "x"}}}}`, `{"1": {"r": {"a b": "x"}}}`, `{"1": {"r": {"": "x"}}}`} {
		if p, err := localaws.ReadParameters([]byte(file)); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s gives %v, %v", file, p, err)
		}
	}
}

func FuzzReadParameters(f *testing.F) {
	f.Add([]byte(`{"111111111111": {"eu-west-1": {"/a": "b", "/c": {"value": "d", "secret": true}}}}`))
	f.Add([]byte(`{"1": {"r": {"n": null}}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := localaws.ReadParameters(file)
		for account, regions := range p {
			for region, list := range regions {
				for name := range list {
					found, err := p.Parameters(t.Context(), actions.Place{Account: account, Region: region}, []string{name})
					if err != nil || len(found) != 1 {
						t.Errorf("%q is in the file and is not read: %v", name, err)
					}
				}
			}
		}
		if err == nil && p == nil && string(bytes.TrimSpace(file)) != "null" {
			t.Error("neither parameters nor an error")
		}
	})
}
