package hooks

import (
	"context"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// Test makes one call with a payload right away, whether the hook is on or not. Success
// switches a hook on again.
func (s *Service) Test(ctx context.Context, h state.Hook, e Event, body []byte) (state.HookEvent, error) {
	return s.now(ctx, h, state.Delivery{
		HookID: h.ID, ProjectID: h.ProjectID, Event: e.Header, Trigger: e.Trigger, Body: body,
		EventUUID: s.cfg.IDs.New(), IdempotencyKey: s.cfg.IDs.New(),
	})
}

// Resend makes an earlier call again, with the same Idempotency-Key.
func (s *Service) Resend(ctx context.Context, h state.Hook, ev state.HookEvent) (state.HookEvent, error) {
	return s.now(ctx, h, state.Delivery{
		HookID: h.ID, ProjectID: h.ProjectID, Event: ev.Event, Trigger: ev.Trigger, Body: ev.RequestBody,
		EventUUID: ev.EventUUID, IdempotencyKey: ev.IdempotencyKey,
	})
}

func (s *Service) now(ctx context.Context, h state.Hook, d state.Delivery) (state.HookEvent, error) {
	return s.record(h, d, s.send(ctx, h, d))
}
