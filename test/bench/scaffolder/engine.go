package main

import (
	"context"
	"runtime"
	"time"

	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// engine renders files of a kilobyte one after another, on one core.
func engine(ctx context.Context, s settings, _ *world) ([]figure, error) {
	progress("rendering")
	e, err := templating.New(templating.Config{})
	if err != nil {
		return nil, err
	}
	scope := map[string]any{"values": map[string]any{"name": "Orders", "list": []any{"a", "b", "c", 1.0}}}
	text, n := source(), s.times(20_000)
	runtime.GC()
	start := time.Now()
	for range n {
		if _, err := e.Render(ctx, "bench", text, scope); err != nil {
			return nil, err
		}
	}
	rate := float64(n) / time.Since(start).Seconds()
	return []figure{{name: "files of 1 KB that the engine renders", unit: "/s", limit: 8000, least: true, got: rate}}, nil
}
