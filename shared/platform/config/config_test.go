package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/config"
)

func from(values map[string]string) *config.Reader {
	return config.New(func(name string) (string, bool) { v, ok := values[name]; return v, ok })
}

func TestSettings(t *testing.T) {
	t.Parallel()
	r := from(map[string]string{"TABLE": "t", "WAIT": "90s", "N": "-7", "LIST": " a, b ,,c ", "EMPTY": ""})
	got := []any{
		r.Required("TABLE"), r.Optional("TABLE", "x"), r.Optional("NONE", "x"), r.Optional("EMPTY", "x"),
		r.Duration("WAIT", time.Hour), r.Duration("NONE", time.Hour), r.Int("N", 1), r.Int("EMPTY", 1),
		r.List("LIST"), r.List("NONE"),
	}
	want := []any{"t", "t", "x", "x", 90 * time.Second, time.Hour, -7, 1, []string{"a", "b", "c"}, []string(nil)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

func TestAllThatIsWrongComesAtOnceWithoutValues(t *testing.T) {
	t.Parallel()
	r := from(map[string]string{"WAIT": "hunter2", "N": "hunter2", "EMPTY": ""})
	r.Required("MISSING")
	r.Required("EMPTY")
	r.Duration("WAIT", 0)
	r.Int("N", 0)
	want := "configuration: MISSING is not set; EMPTY is not set; WAIT is not a duration such as 90s; N is not a whole number"
	if err := r.Err(); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestTheEnvironmentIsRead(t *testing.T) {
	t.Setenv("SLIPWAY_CONFIG_TEST", "here")
	if got := config.FromEnvironment().Required("SLIPWAY_CONFIG_TEST"); got != "here" {
		t.Errorf("got %q", got)
	}
}

func TestListRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		want := rapid.SliceOfN(rapid.StringMatching(`[a-z0-9:/._-]{1,12}`), 1, 6).Draw(r, "list")
		got := from(map[string]string{"L": strings.Join(want, " , ")}).List("L")
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatal(diff)
		}
	})
}
