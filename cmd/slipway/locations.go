package main

import (
	"context"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// operator is who registers what the command line names.
const operator = auth.GuestRef

// locationRetry is the pause before a location that could not be read is tried again.
const locationRetry = 10 * time.Second

// configure registers the locations of the command line and gives those that can't be read.
func (s *server) configure(ctx context.Context, targets []string) (left []string) {
	for _, target := range targets {
		made, err := s.system.Catalog.ConfigureLocation(ctx, operator, target)
		if err != nil {
			if why := errs.Explain(err); s.refusals[target] != why { // once, however often it is tried
				fmt.Fprintf(s.errOut, "location %s: %s\n", target, why)
				s.refusals[target] = why
			}
			left = append(left, target)
			continue
		}
		fmt.Fprintf(s.out, "location %s: %d entities\n", target, len(made.Entities))
		for _, p := range made.Problems {
			fmt.Fprintf(s.errOut, "  %s: %s\n", p.Target, p)
		}
	}
	return left
}

// reconfigure tries the locations that could not be read until they can be.
func (s *server) reconfigure(ctx context.Context, left []string) error {
	for len(left) > 0 && (clock.System{}).Sleep(ctx, locationRetry) == nil { // else the process ends
		left = s.configure(ctx, left)
	}
	return nil
}
