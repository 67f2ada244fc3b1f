package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const (
	// diskInterval is the time between two looks at the data directory.
	diskInterval = 2 * time.Second
	// diskPatience is how many looks in vain --once takes before it gives up.
	diskPatience = 5
)

// diskWatch says on the terminal when the data directory can't be written to, and when
// that is over: the log lies in the same directory, and everything that is under way just
// waits.
type diskWatch struct {
	writable func() error
	clock    clock.Clock
	out      io.Writer
	once     bool // give up after diskPatience
}

// run looks until ctx ends.
func (w diskWatch) run(ctx context.Context) error {
	failed := 0
	for w.clock.Sleep(ctx, diskInterval) == nil {
		err := w.writable()
		if err == nil {
			if failed > 0 {
				fmt.Fprintln(w.out, "slipway: the data directory can be written to again; what waited goes on")
			}
			failed = 0
			continue
		}
		if failed++; failed == 1 {
			fmt.Fprintf(w.out, "slipway: nothing can be stored: %s; everything waits until that is over\n", errs.Message(err))
		}
		if w.once && failed == diskPatience {
			return fmt.Errorf("nothing can be stored: %w", err)
		}
	}
	return nil
}
