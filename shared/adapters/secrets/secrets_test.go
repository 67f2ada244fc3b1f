package secrets_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/slipwayhq/slipway/shared/adapters/secrets"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const arn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:gitlab"

// manager is a Secrets Manager that holds one value.
type manager struct {
	mu    sync.Mutex
	value string
	fails string // error code
	calls int
}

func (m *manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	var in struct{ SecretId string }
	err := json.NewDecoder(r.Body).Decode(&in)
	fails := m.fails
	if err != nil || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
		fails = "UnknownOperationException"
	} else if in.SecretId != arn {
		fails = "ResourceNotFoundException"
	}
	out := map[string]string{"ARN": arn}
	switch {
	case fails != "":
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]string{"__type": fails, "Message": "no"}
	case m.value != "":
		out["SecretString"] = m.value
	}
	_ = json.NewEncoder(w).Encode(out)
}

// still is a clock that a test moves and on which nobody waits.
type still struct{ clock.Manual }

func (*still) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func secret(t *testing.T, m *manager) (*secrets.Secret, *still) {
	t.Helper()
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	c := &still{}
	s, err := secrets.New(secrets.Config{AWS: account(server.URL), ARN: arn, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func account(endpoint string) aws.Config {
	return aws.Config{Region: "eu-west-1", BaseEndpoint: &endpoint, HTTPClient: &http.Client{}, Credentials: credentials.NewStaticCredentialsProvider("k", "s", "")}
}

func reads(t *testing.T, s *secrets.Secret, want string) {
	t.Helper()
	if got, err := s.Text(t.Context()); got != want || err != nil {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestAValueIsKeptForAWhileAndThenReadAgain(t *testing.T) {
	t.Parallel()
	m := &manager{value: "one"}
	s, now := secret(t, m)
	reads(t, s, "one")
	m.value = "two"
	now.Advance(4 * time.Minute)
	reads(t, s, "one")
	now.Advance(2 * time.Minute)
	reads(t, s, "two")
	if m.calls != 2 {
		t.Errorf("asked %d times", m.calls)
	}
}

func TestAnOutageIsBridgedAndARevocationIsNot(t *testing.T) {
	t.Parallel()
	m := &manager{value: "one"}
	s, now := secret(t, m)
	reads(t, s, "one")
	now.Advance(6 * time.Minute)
	m.fails = "ThrottlingException"
	reads(t, s, "one")
	tried := m.calls
	for range 3 {
		reads(t, s, "one")
	}
	if tried < 2 || m.calls != tried {
		t.Errorf("everybody waits for a manager that does not answer: %d calls, then %d", tried, m.calls)
	}
	now.Advance(time.Minute)
	m.fails = "AccessDeniedException"
	for range 2 {
		if got, err := s.Text(t.Context()); errs.KindOf(err) != errs.Internal {
			t.Errorf("a secret that was taken away: %q, %v", got, err)
		}
	}
	m.fails, m.value = "", "three"
	reads(t, s, "three")
}

func TestNothingOfAValueIsEverShown(t *testing.T) {
	t.Parallel()
	m := &manager{value: `{"token":"hunter2"`}
	s, _ := secret(t, m)
	var into struct{ Token string }
	err := s.JSON(t.Context(), &into)
	reads(t, s, m.value)
	if errs.KindOf(err) != errs.Internal || strings.Contains(err.Error()+fmt.Sprint(s)+fmt.Sprintf("%s %v", s, s), "hunter2") {
		t.Errorf("%v, %s", err, s)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	s, _ := secret(t, &manager{value: `{"token":"x"}`})
	var into struct{ Token string }
	if err := s.JSON(t.Context(), &into); err != nil || into.Token != "x" {
		t.Errorf("%+v, %v", into, err)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		m    *manager
		kind errs.Kind
	}{
		"empty": {&manager{}, errs.Internal}, "no such secret": {&manager{fails: "ResourceNotFoundException"}, errs.Internal},
		"throttled": {&manager{fails: "ThrottlingException"}, errs.RateLimited},
	} {
		s, _ := secret(t, c.m)
		if _, err := s.Text(t.Context()); errs.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.JSON(t.Context(), new(any)); !errors.Is(err, c.kind) {
			t.Errorf("%s as JSON: %v", name, err)
		}
	}
	for name, c := range map[string]secrets.Config{
		"nothing": {}, "no account": {ARN: arn, Clock: clock.System{}}, "no clock": {AWS: account("http://127.0.0.1:1"), ARN: arn},
		"no ARN": {AWS: account("http://127.0.0.1:1"), Clock: clock.System{}},
	} {
		if _, err := secrets.New(c); err == nil {
			t.Errorf("%s: a secret was made", name)
		}
	}
}

func TestManyReadersAtOnceAskOnce(t *testing.T) {
	t.Parallel()
	m := &manager{value: "one"}
	s, _ := secret(t, m)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { reads(t, s, "one") })
	}
	wg.Wait()
	if m.calls != 1 {
		t.Errorf("asked %d times", m.calls)
	}
}
