package effects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// HookKind is the effect of creating a project's webhook.
const HookKind = "gitlab.hook"

// HookParams describes the hook. Where it delivers to and its secrets are the performer's:
// the same is planned wherever the receiver is.
type HookParams struct {
	Project string `json:"project"` // full path
}

func (p HookParams) within() string { return p.Project }

// HookResult is what came of it.
type HookResult struct {
	Project int64 `json:"project"`
	ID      int64 `json:"id"`
}

// NewHook makes the effect.
func NewHook(id string, p HookParams) (operations.Effect, error) {
	return newEffect(id, HookKind, p.Project, p)
}

// HookSecrets proves to the receiver that a delivery comes from this GitLab.
type HookSecrets struct {
	Token        string
	SigningToken string // "" where the GitLab has no signing
}

// Hook performs HookKind.
type Hook struct {
	Projects scm.Projects
	Hooks    scm.Hooks
	URL      string // of the receiver
	// Secrets gives what new hooks are created with.
	Secrets func(ctx context.Context) (HookSecrets, error)
	// InsecureTLS turns certificate verification off; only for a loopback receiver.
	InsecureTLS bool
}

var _ operations.Performer = Hook{}

// Find looks for a hook with the operation's name and the receiver's URL.
func (e Hook) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := within[HookParams](ctx, e.Projects, op, effect)
	if err != nil {
		return nil, err
	}
	hooks, err := e.Hooks.Hooks(ctx, p.ID)
	if err != nil {
		return nil, fmt.Errorf("listing the hooks of %s: %w", params.Project, err)
	}
	for _, h := range hooks {
		if h.Name == hookPrefix+op.ID && h.URL == e.URL {
			return encode(HookResult{Project: p.ID, ID: h.ID})
		}
	}
	return nil, errs.New(errs.NotFound, "the project has no hook of this operation")
}

// Do creates the hook.
func (e Hook) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := within[HookParams](ctx, e.Projects, op, effect)
	if err != nil {
		return nil, err
	}
	secrets, err := e.Secrets(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the webhook's secrets: %w", err)
	}
	if secrets.Token == "" && secrets.SigningToken == "" {
		return nil, errs.New(errs.Internal, "there is no secret for webhooks: nobody could tell their deliveries from others'")
	}
	h, err := e.Hooks.CreateHook(ctx, p.ID, scm.NewHook{
		Name: hookPrefix + op.ID, URL: e.URL, Token: secrets.Token, SigningToken: secrets.SigningToken, InsecureTLS: e.InsecureTLS,
	})
	if err != nil {
		return nil, fmt.Errorf("creating the hook of %s: %w", params.Project, err)
	}
	return encode(HookResult{Project: p.ID, ID: h.ID})
}

// Undo deletes the hook.
func (e Hook) Undo(ctx context.Context, _ operations.Ref, _ operations.Effect, result json.RawMessage) error {
	made, err := decode[HookResult]("hook", result)
	if err != nil {
		return err
	}
	err = e.Hooks.DeleteHook(ctx, made.Project, made.ID)
	if err != nil && !errors.Is(err, errs.NotFound) {
		return fmt.Errorf("deleting hook %d of project %d: %w", made.ID, made.Project, err)
	}
	return nil
}
