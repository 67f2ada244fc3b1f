package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// TestDiskWatch looks at a disk that is full for some looks, as the letters say.
func TestDiskWatch(t *testing.T) {
	t.Parallel()
	const full, again = "slipway: nothing can be stored: there is no space left for /data; everything waits until that is over\n",
		"slipway: the data directory can be written to again; what waited goes on\n"
	for looks, want := range map[string]struct {
		once  bool
		says  string
		fails bool
	}{
		"....":       {false, "", false},
		".f.":        {false, full + again, false},
		"ffffffff.f": {false, full + again + full, false},
		"ffff.ffff.": {true, full + again + full + again, false},
		"..fffff":    {true, full, true},
	} {
		t.Run(looks, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			now, said, look := clock.NewManual(time.Unix(0, 0)), &strings.Builder{}, 0
			w := diskWatch{clock: now, out: said, once: want.once, writable: func() error {
				look++
				if looks[look-1] == 'f' {
					return errs.New(errs.Unavailable, "there is no space left for /data")
				}
				return nil
			}}
			ended := make(chan error, 1)
			go func() { ended <- w.run(ctx) }()
			for range looks {
				for now.Waiting() == 0 {
					time.Sleep(100 * time.Microsecond)
				}
				now.Advance(diskInterval)
			}
			if !want.fails {
				for now.Waiting() == 0 {
					time.Sleep(100 * time.Microsecond)
				}
				cancel()
			}
			if err := <-ended; errors.Is(err, errs.Unavailable) != want.fails {
				t.Errorf("ended with %v", err)
			}
			if said.String() != want.says {
				t.Errorf("said %q", said)
			}
		})
	}
}
