package effects

import (
	"context"

	"github.com/slipwayhq/slipway/shared/operations"
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
