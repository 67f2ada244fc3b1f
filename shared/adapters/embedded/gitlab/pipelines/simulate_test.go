package pipelines

import (
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci"
)

func TestSimulate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		script []string
		code   int
		ran    string // a line that must be in the log
		not    string // and one that must not
	}{
		{[]string{"make", "echo done"}, 0, "$ echo done", "ERROR"},
		{[]string{"false", "echo done"}, 1, "exit code 1", "$ echo done"},
		{[]string{"exit 7"}, 7, "exit code 7", "succeeded"},
		{[]string{"exit 0", "echo done"}, 0, "Job succeeded", "$ echo done"},
		{[]string{"false || true", "exit 3 # never", "echo false"}, 0, "$ echo false", "ERROR"},
	} {
		log, code := simulate(state.Pipeline{ID: 1, SHA: strings.Repeat("a", 40)}, gitlabci.Job{Name: "j", Script: tt.script})
		if code != tt.code || !strings.Contains(log, tt.ran) || strings.Contains(log, tt.not) {
			t.Errorf("%v ended with %d and %q", tt.script, code, log)
		}
		if !strings.HasPrefix(log, SimulatedNotice+"\n") {
			t.Errorf("the first line of %q does not say that it is simulated", log)
		}
	}
}

func TestTier(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"dev": "development", "review/x": "development", "qa": "testing", "test-1": "testing", "staging": "staging", "demo": "staging",
		"prod": "production", "Production": "production", "live": "production", "elsewhere": "other",
	} {
		if got := Tier(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90": 90 * time.Second, "30 minutes": 30 * time.Minute, "1 day 2 hours": 26 * time.Hour, "1 week": 168 * time.Hour, "": 0, "soon": 0, "99999999999999999999 weeks": maxDelay, "-5": 0, "7 parsecs": 0,
	} {
		if got := Delay(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func FuzzDelay(f *testing.F) {
	f.Add("1 day 2 hours")
	f.Add("-5")
	f.Add("6 d 9999999 h")
	f.Fuzz(func(t *testing.T, text string) {
		if d := Delay(text); d < 0 || d > maxDelay {
			t.Errorf("%q is %s", text, d)
		}
	})
}
