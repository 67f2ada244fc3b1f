package effects

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// SecretValueKind is the effect of putting a value into a secret that the same operation
// has made.
const SecretValueKind = "aws.secret-value"

// SecretValueParams says what is put where.
type SecretValueParams struct {
	Secret string `json:"secret"` // its ARN
	// Value holds references to secrets of the operation, which are revealed when the value
	// is put.
	Value string `json:"value"`
}

// SecretValueResult is what came of it.
type SecretValueResult struct {
	ARN     string `json:"arn"`
	Version string `json:"version"`
}

// NewSecretValue makes the effect.
func NewSecretValue(id string, p SecretValueParams) (operations.Effect, error) {
	if !known(p.Secret, secretARN) {
		return operations.Effect{}, errs.New(errs.Invalid, errs.Clip(p.Secret)+" is not the ARN of a secret")
	}
	return newEffect(id, SecretValueKind, p.Secret, p)
}

// SecretValue performs SecretValueKind.
type SecretValue struct {
	Store SecretStore
	Vault Vault
}

var _ operations.Performer = SecretValue{}

// version gives the id of the version that an effect makes. A version keeps its value, and
// each attempt of the operation may have another: its tokens are new ones.
func version(op operations.Ref, effect operations.Effect) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s", op.Attempt, effect.ID))
	return versionMark(op) + hex.EncodeToString(sum[:16])
}

func (e SecretValue) secret(ctx context.Context, op operations.Ref, effect operations.Effect) (SecretValueParams, StoredSecret, error) {
	params, err := decode[SecretValueParams]("value of a secret", effect.Params)
	if err != nil {
		return params, StoredSecret{}, err
	}
	found, err := ownSecret(ctx, e.Store, op, SecretRegion(params.Secret), params.Secret)
	return params, found, err
}

// SecretRegion gives the region that a secret's ARN names, "" for what is no such ARN.
func SecretRegion(arn string) string {
	m := secretARN.FindStringSubmatch(arn)
	if m == nil {
		return ""
	}
	return m[1]
}

// Find looks for the version.
func (e SecretValue) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	_, found, err := e.secret(ctx, op, effect)
	if err != nil {
		return nil, err
	}
	v := version(op, effect)
	if !slices.Contains(found.Versions, v) {
		return nil, errs.New(errs.NotFound, "the secret has no value of this operation")
	}
	return encode(SecretValueResult{ARN: found.ARN, Version: v})
}

// Do puts the value into the secret, which the operation must have made: nobody's secrets
// are written over.
func (e SecretValue) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, found, err := e.secret(ctx, op, effect)
	if err != nil {
		return nil, err
	}
	value, err := e.Vault.Reveal(ctx, op, params.Value)
	if err != nil {
		return nil, fmt.Errorf("revealing the value for %s: %w", found.ARN, err)
	}
	v := version(op, effect)
	if err := e.Store.PutSecretValue(ctx, SecretRegion(params.Secret), found.ARN, v, value); err != nil {
		return nil, fmt.Errorf("putting a value into %s: %w", found.ARN, err)
	}
	return encode(SecretValueResult{ARN: found.ARN, Version: v})
}

// Undo has nothing to do: the present value of a secret can't be taken away, only replaced.
// It goes with the secret, which the same operation has made before and hence undoes after.
func (SecretValue) Undo(context.Context, operations.Ref, operations.Effect, json.RawMessage) error {
	return nil
}
