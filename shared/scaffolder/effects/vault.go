package effects

import (
	"context"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Vault keeps and reveals the secrets of operations. In parameters and results of effects
// stand references to them only; who hands a value to the outside reveals it then.
type Vault interface {
	// Keep seals a value under a name.
	Keep(ctx context.Context, op operations.Ref, name, value string) error
	// Reveal replaces the references in text by what they stand for; Conflict when one is
	// not there.
	Reveal(ctx context.Context, op operations.Ref, text string) (string, error)
}

// OperationSecrets keeps secrets with the operations that they belong to.
type OperationSecrets struct{ Operations *operations.Service }

var _ Vault = OperationSecrets{}

// Keep implements Vault.
func (v OperationSecrets) Keep(ctx context.Context, op operations.Ref, name, value string) error {
	return v.Operations.KeepSecret(ctx, op.ID, name, value)
}

// Reveal implements Vault.
func (v OperationSecrets) Reveal(ctx context.Context, op operations.Ref, text string) (string, error) {
	return v.Operations.Reveal(ctx, op.ID, text)
}

// NoSecrets is the vault of whoever only plans: it neither keeps nor reveals anything.
type NoSecrets struct{}

var _ Vault = NoSecrets{}

// Keep refuses.
func (NoSecrets) Keep(context.Context, operations.Ref, string, string) error {
	return errs.New(errs.Internal, "secrets are not kept here: nothing is made")
}

// Reveal refuses.
func (NoSecrets) Reveal(context.Context, operations.Ref, string) (string, error) {
	return "", errs.New(errs.Internal, "secrets are not revealed here: nothing is made")
}
