package operations

import (
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
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
	return s.intended(ctx, actor, r, intent), nil
}

// mustBeAsApproved refuses a request whose approved plan is not what would be done now.
func (s *Service) mustBeAsApproved(ctx context.Context, actor string, r Request, intent Intent) error {
	if r.PlanHash == "" || s.deps.Planner == nil {
		return nil
	}
	p, err := s.deps.Planner.Plan(ctx, s.intended(ctx, actor, r, intent))
	if err != nil {
		return fmt.Errorf("planning it again: %w", err)
	}
	if p.Hash != r.PlanHash {
		return hasMoved(r.PlanHash, p)
	}
	return nil
}

// hasMoved says that an approved plan is not what would be done now.
func hasMoved(approved string, now *Plan) error {
	return errs.New(errs.Conflict, fmt.Sprintf("the world has moved since the plan was approved: plan %.12s was, now it would be %.12s", approved, now.Hash))
}
