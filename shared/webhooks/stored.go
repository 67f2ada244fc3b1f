package webhooks

import (
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Document reads a stored JSON document into v.
type Document interface {
	JSON(ctx context.Context, v any) error
}

// StoredSecrets are the secrets of a stored document such as
//
//	{"tokens": ["current", "previous"], "signing": ["whsec_…"]}
//
// read anew as often as the document's store does, so that they can be rotated.
type StoredSecrets struct{ Document Document }

var _ SecretSource = StoredSecrets{}

// WebhookSecrets reads the document. A document without any secret is refused: it would
// let everybody in or nobody.
func (s StoredSecrets) WebhookSecrets(ctx context.Context) (Secrets, error) {
	var d struct {
		Tokens  []string `json:"tokens"`
		Signing []string `json:"signing"`
	}
	if err := s.Document.JSON(ctx, &d); err != nil {
		return Secrets{}, fmt.Errorf("reading the webhook's secrets: %w", err)
	}
	if len(d.Tokens) == 0 && len(d.Signing) == 0 {
		return Secrets{}, errs.New(errs.Internal, "the webhook's secret document holds no secret")
	}
	return Secrets{Tokens: d.Tokens, Signing: d.Signing}, nil
}
