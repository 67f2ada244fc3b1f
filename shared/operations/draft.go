package operations

import (
	"context"
	"maps"
	"slices"
)

// Draft gives the operation that Accept would store for a request, and stores nothing.
func (s *Service) Draft(ctx context.Context, r Request) (*Operation, error) {
	actor, def, err := s.asked(ctx, r)
	if err != nil {
		return nil, err
	}
	intent, err := def.Check(ctx, r.Input)
	if err != nil {
		return nil, under("/input", err)
	}
	if !intent.Shared {
		if err := s.mustBeFree(ctx, intent.Target); err != nil {
			return nil, err
		}
	}
	o := s.intended(ctx, actor, r, intent)
	o.Secrets = slices.Sorted(maps.Keys(r.Secrets))
	return o, nil
}
