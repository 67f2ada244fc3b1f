package operations

import (
	"context"
	"fmt"
)

// Follow passes on the lines after a number as they are written, each once and in order.
// It returns nil when it has passed on the last line of an operation that has ended, ctx's
// error when ctx ends, and emit's error as it is. An operation that is retried while it is
// followed is followed on.
func (s *Service) Follow(ctx context.Context, id string, after int, emit func(Line) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	changed := s.watcher.Watch(ctx, id)
	look := true // whether it may have ended
	for {
		ended, err := s.passOn(ctx, id, &after, emit)
		if err != nil {
			return err
		}
		if look || ended {
			o, err := s.get(ctx, id)
			if err != nil {
				return err
			}
			if o.Status.Ended() && after >= o.Lines {
				return nil
			}
			look = false
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// passOn emits the lines that are there and moves after to the last one. It reports
// whether one of them tells of an end.
func (s *Service) passOn(ctx context.Context, id string, after *int, emit func(Line) error) (ended bool, err error) {
	for {
		lines, err := s.lines(ctx, id, *after, maxLogPage)
		if err != nil {
			return ended, err
		}
		if len(lines) == 0 {
			return ended, nil
		}
		for _, line := range lines {
			if err := emit(line); err != nil {
				return ended, fmt.Errorf("passing on a line of the log of %s: %w", id, err)
			}
			*after = line.Seq
			ended = ended || line.Type == LineCompletion
		}
	}
}
