package asl_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

// hurried is a clock on which every wait is over at once.
type hurried struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hurried) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hurried) Sleep(ctx context.Context, d time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(max(d, 0))
	return ctx.Err()
}

// host keeps an execution in memory.
type host struct {
	mu     sync.Mutex
	frames map[string][]byte
	events []asl.Event
	call   func(asl.Call) (json.RawMessage, error)
	stop   int // number of saves after which nothing is saved any more, 0 for never
	saves  int
}

var errStopped = errors.New("stopped")

func (h *host) Save(_ context.Context, c *asl.Change) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.saves++; h.stop > 0 && h.saves > h.stop {
		return errStopped
	}
	for _, e := range c.Events {
		h.events = append(h.events, e)
		if strings.HasSuffix(e.Type, "StateEntered") {
			c.Frame.EnteredEvent = int64(len(h.events))
		}
	}
	for path := range h.frames {
		if c.Drop != "" && strings.HasPrefix(path, c.Drop) {
			delete(h.frames, path)
		}
	}
	raw, err := json.Marshal(c.Frame)
	h.frames[c.Frame.Path] = raw
	return err
}

func (h *host) Load(path string) *asl.Frame {
	h.mu.Lock()
	defer h.mu.Unlock()
	raw, ok := h.frames[path]
	if !ok {
		return nil
	}
	var f asl.Frame
	if err := json.Unmarshal(raw, &f); err != nil {
		panic(err)
	}
	return &f
}

func (h *host) Call(_ context.Context, c asl.Call) (json.RawMessage, error) { return h.call(c) }

func (h *host) Await(ctx context.Context, _ string, _ time.Time) (json.RawMessage, error) {
	return nil, asl.ErrExpired
}

// run executes a machine to its end and gives the frame it ended with.
func run(t *testing.T, m *asl.Machine, input string, h *host, c clock.Clock) *asl.Frame {
	t.Helper()
	x := newExecution(m, input, h, c)
	if err := h.Save(t.Context(), x.Begin()); err != nil {
		t.Fatal(err)
	}
	if err := x.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h.Load("")
}

func newExecution(m *asl.Machine, input string, h *host, c clock.Clock) *asl.Execution {
	return &asl.Execution{
		Machine: m, Host: h, Clock: c, NewToken: (&ids.Sequence{Prefix: "token"}).New,
		Info: asl.Info{
			ID: "arn:aws:states:eu-central-1:111111111111:execution:demo:run", Name: "run",
			MachineID: "arn:aws:states:eu-central-1:111111111111:stateMachine:demo", MachineName: "demo",
			Input: json.RawMessage(input), Started: c.Now(),
		},
	}
}

func newHost() *host { return &host{frames: map[string][]byte{}} }

func newHurried() *hurried { return &hurried{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)} }
