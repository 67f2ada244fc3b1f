package main

import (
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
)

func TestStepsDoNotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	o := &operations.Operation{Created: now}
	for _, text := range []string{"\x1b]0;title\x07name", "\x1b[2Jname", "na\nme", "na\rme", "na\u202eme", "na\u0085me", "na\u2028me"} {
		p := &progress{clock: clock.NewManual(now)}
		line := p.line(o, operations.Step{Name: text, Detail: text, Ended: &now, Status: operations.StepCompleted})
		if strings.ContainsAny(line, "\x1b\x07\n\r\u202e\u0085\u2028") || !strings.Contains(line, "me") {
			t.Errorf("%q is shown as %q", text, line)
		}
	}
}
