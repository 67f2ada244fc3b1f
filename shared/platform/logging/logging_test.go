package logging_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

func TestEveryLineCarriesTheIdsOfItsContext(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := logging.New(&out, slog.LevelInfo).With("part", "ledger")
	ctx := correlation.With(t.Context(), correlation.IDs{RequestID: "r-1", OperationID: "o-1", Actor: "user:default/ann"})
	log.DebugContext(ctx, "too quiet")
	log.InfoContext(ctx, "made\nit", "effect", "x")
	log.WarnContext(t.Context(), "nobody's")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	want := []map[string]any{
		{"level": "INFO", "msg": "made\nit", "part": "ledger", "effect": "x", "requestId": "r-1", "operationId": "o-1", "actor": "user:default/ann"},
		{"level": "WARN", "msg": "nobody's", "part": "ledger"},
	}
	for i, line := range lines {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "time")
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDiscardWritesNothing(t *testing.T) {
	t.Parallel()
	if logging.Discard().Enabled(t.Context(), slog.LevelError) {
		t.Error("somebody listens")
	}
}
