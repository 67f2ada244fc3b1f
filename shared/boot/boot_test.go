package boot

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/config"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

func settings(values map[string]string) *config.Reader {
	return config.New(func(name string) (string, bool) { v, ok := values[name]; return v, ok })
}

func granted() map[string]string {
	return map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hunter2", "TABLE": "t"}
}

func TestStartGivesTheBuiltHandler(t *testing.T) {
	t.Parallel()
	handler, err := start(t.Context(), settings(granted()), logging.Discard(), func(_ context.Context, env Env) (any, error) {
		if env.AWS.Region != "eu-west-1" || env.Clock == nil || env.IDs == nil || env.Log == nil {
			t.Errorf("started with %+v", env)
		}
		return env.Settings.Required("TABLE"), nil
	})
	if handler != "t" || err != nil {
		t.Errorf("got %v, %v", handler, err)
	}
}

// TestEverySettingThatLacksIsNamedAtOnce: what a constructor says about an empty value is
// not the reason.
func TestEverySettingThatLacksIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	values := granted()
	delete(values, "AWS_REGION")
	delete(values, "TABLE")
	_, err := start(t.Context(), settings(values), logging.Discard(), func(_ context.Context, env Env) (any, error) {
		if env.Settings.Required("TABLE") == "" {
			return nil, errors.New("a table needs a name")
		}
		return nil, nil
	})
	if err == nil || err.Error() != "configuration: AWS_REGION is not set; TABLE is not set" {
		t.Errorf("got %v", err)
	}
}

func TestAFunctionThatCanNotBeBuiltSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := start(t.Context(), settings(granted()), logging.Discard(), func(context.Context, Env) (any, error) { return nil, errors.New("no such machine") })
	if err == nil || !strings.Contains(err.Error(), "no such machine") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestLevel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]slog.Level{"DEBUG": slog.LevelDebug, "warn": slog.LevelWarn, "ERROR": slog.LevelError, "": slog.LevelInfo, "loud": slog.LevelInfo} {
		if got := level(name); got != want {
			t.Errorf("%q: %s", name, got)
		}
	}
}
