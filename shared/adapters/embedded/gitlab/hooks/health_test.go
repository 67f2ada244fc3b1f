package hooks

import (
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/platform/clock"
)

func TestBackOffDoublesUntilTheHookIsOffForGood(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	s := &Service{cfg: Config{Clock: c}}
	h := state.Hook{ProjectID: 1}
	want := time.Minute
	for n := 1; n < hopeless; n++ {
		s.count(&h, false)
		if n <= tolerated {
			if !s.Executable(h) {
				t.Fatalf("off after %d failures", n)
			}
			continue
		}
		if got := h.DisabledUntil.Sub(c.Now()); got != want {
			t.Fatalf("after %d failures off for %s, want %s", n, got, want)
		}
		want = min(2*want, 24*time.Hour)
		if s.AlertStatus(h) != "temporarily_disabled" {
			t.Fatalf("after %d failures %s", n, s.AlertStatus(h))
		}
		c.Advance(h.DisabledUntil.Sub(c.Now()))
		if !s.Executable(h) {
			t.Fatalf("still off after the pause of failure %d", n)
		}
	}
	s.count(&h, false)
	if s.AlertStatus(h) != "disabled" {
		t.Errorf("after %d failures %s", hopeless, s.AlertStatus(h))
	}
	system := state.Hook{ProjectID: state.SystemHooks}
	for range hopeless {
		s.count(&system, false)
	}
	if s.AlertStatus(system) != "executable" {
		t.Errorf("a system hook is %s", s.AlertStatus(system))
	}
	s.count(&h, true)
	if s.AlertStatus(h) != "executable" || h.Failures != 0 {
		t.Errorf("after a success %+v", h)
	}
}

// The example of the Standard Webhooks specification.
func TestSign(t *testing.T) {
	t.Parallel()
	got, err := Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("the signature is %q (%v), want %q", got, err, want)
	}
	for _, bad := range []string{"", "whsec_", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"} {
		if _, err := Sign(bad, "id", "1", nil); err == nil {
			t.Errorf("token %q was accepted", bad)
		}
	}
}

func TestWildcard(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"main", "main", true}, {"main", "mainline", false}, {"*", "a/b", true}, {"release/*", "release/1/2", true},
		{"*-stable", "1-stable", true}, {"release/*", "main", false}, {"[", "[", false},
	} {
		if got := Wildcard(tt.pattern, tt.name); got != tt.want {
			t.Errorf("Wildcard(%q, %q) is %v", tt.pattern, tt.name, got)
		}
	}
}
