package sealer_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/boot/sealer"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/config"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const arn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:sealing"

// manager is a Secrets Manager that holds one value, "" for none.
type manager struct {
	mu    sync.Mutex
	value string
	asked int
}

func (m *manager) set(value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.value = value
}

func (m *manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	var in struct{ SecretId string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.SecretId != arn || m.value == "" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"ResourceNotFoundException"}`))
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"ARN": arn, "SecretString": m.value})
}

func function(t *testing.T, m *manager, clk clock.Clock, settings map[string]string) (*sealer.Sealer, error) {
	t.Helper()
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	set := config.New(func(name string) (string, bool) { v, ok := settings[name]; return v, ok })
	account := aws.Config{Region: "eu-west-1", BaseEndpoint: &server.URL, HTTPClient: &http.Client{}, Credentials: credentials.NewStaticCredentialsProvider("k", "s", "")}
	return sealer.New(boot.Env{Settings: set, AWS: account, Clock: clk})
}

func started(t *testing.T, m *manager, clk clock.Clock) *sealer.Sealer {
	t.Helper()
	s, err := function(t, m, clk, map[string]string{"SEALING_SECRET": arn})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var first, second = strings.Repeat("a", 64), strings.Repeat("b", 64)

func TestWhatOneFunctionSealsAnotherOpens(t *testing.T) {
	t.Parallel()
	m := &manager{value: first}
	one, other := started(t, m, clock.System{}), started(t, m, clock.System{})
	if m.asked != 0 {
		t.Error("the key was read before it was needed")
	}
	for range 3 {
		sealed, err := one.Seal([]byte("s3cret"), "op-1/token")
		if err != nil || strings.Contains(string(sealed), "s3cret") {
			t.Fatalf("%q, %v", sealed, err)
		}
		if plain, err := other.Open(sealed, "op-1/token"); err != nil || string(plain) != "s3cret" {
			t.Errorf("%q, %v", plain, err)
		}
		if plain, err := other.Open(sealed, "op-2/token"); err == nil {
			t.Errorf("of another operation: %q", plain)
		}
	}
	if m.asked != 2 {
		t.Errorf("the key was read %d times", m.asked)
	}
}

func TestAKeyThatChanges(t *testing.T) {
	t.Parallel()
	m := &manager{value: first}
	clk := clock.NewManual(time.Unix(1e9, 0))
	s := started(t, m, clk)
	old, err := s.Seal([]byte("x"), "a")
	if err != nil {
		t.Fatal(err)
	}
	m.set(second + "\n" + first)
	clk.Advance(10 * time.Minute)
	sealed, err := s.Seal([]byte("y"), "a")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := s.Open(old, "a"); err != nil || string(plain) != "x" {
		t.Errorf("what the old one sealed: %q, %v", plain, err)
	}
	m.set(second)
	clk.Advance(10 * time.Minute)
	if plain, err := s.Open(sealed, "a"); err != nil || string(plain) != "y" {
		t.Errorf("what the new one sealed: %q, %v", plain, err)
	}
	if plain, err := s.Open(old, "a"); err == nil {
		t.Errorf("the old one still opens: %q", plain)
	}
}

func TestNoKey(t *testing.T) {
	t.Parallel()
	m := &manager{}
	s := started(t, m, clock.System{})
	if _, err := s.Seal([]byte("x"), "a"); err == nil {
		t.Error("sealed without a key")
	}
	m.set("short")
	if _, err := s.Open([]byte("x"), "a"); !errors.Is(err, errs.Internal) || strings.Contains(err.Error(), "short\"") {
		t.Errorf("with a key that is too short: %v", err)
	}
	if _, err := function(t, m, clock.System{}, nil); err == nil {
		t.Error("a function without the setting starts")
	}
}
