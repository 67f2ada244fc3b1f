package effects

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

var outsideNames = lazyregexp.New(`[^A-Za-z0-9_.-]+`)

// SecretName gives the name of the secret that belongs to an effect. Ids that differ only
// in what names of secrets can't hold keep different names.
func SecretName(effectID string) string {
	const longest = 100
	name := outsideNames.ReplaceAllString(effectID, ".")
	if name == effectID && len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(effectID))
	return name[:min(len(name), longest)] + "." + hex.EncodeToString(sum[:4])
}

// ofEffect names the secret that says which token the kept value is of.
func ofEffect(effect operations.Effect) string { return SecretName(effect.ID) + ".id" }

// token is one of either kind, without its value.
type token struct {
	id       int64
	name     string
	username string // of a deploy token
}

// tokens are those of a project that have one name, which ends with the operation's mark.
// GitLab tells a value once and never again, so it is kept as a secret of the operation.
type tokens struct {
	vault   Vault
	what    string // "access token", for messages
	project int64
	name    string
	list    func(context.Context) ([]token, error) // the active ones, whatever their name
	create  func(context.Context) (token, string, error)
	revoke  func(ctx context.Context, id int64) error
}

// find gives the token whose value is kept. One whose value is not can't be used by anybody:
// it is revoked, and there is none then.
func (t tokens) find(ctx context.Context, op operations.Ref, effect operations.Effect) (token, error) {
	there, err := t.named(ctx)
	if err != nil {
		return token{}, err
	}
	kept, err := t.vault.Reveal(ctx, op, operations.SecretReference(ofEffect(effect)))
	if err != nil && !errors.Is(err, errs.Conflict) {
		return token{}, fmt.Errorf("looking for the value of the %s: %w", t.what, err)
	}
	if err == nil && len(there) == 1 && strconv.FormatInt(there[0].id, 10) == kept {
		return there[0], nil
	}
	if err := t.revokeAll(ctx, there); err != nil {
		return token{}, err
	}
	return token{}, errs.New(errs.NotFound, fmt.Sprintf("the project has no %s of this operation whose value is known", t.what))
}

func (t tokens) named(ctx context.Context) ([]token, error) {
	list, err := t.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing every %s of project %d: %w", t.what, t.project, err)
	}
	var there []token
	for _, one := range list {
		if one.name == t.name {
			there = append(there, one)
		}
	}
	return there, nil
}

func (t tokens) revokeAll(ctx context.Context, list []token) error {
	for _, one := range list {
		if err := t.revoke(ctx, one.id); err != nil {
			return fmt.Errorf("revoking %s %d of project %d: %w", t.what, one.id, t.project, err)
		}
	}
	return nil
}

// make creates the token and keeps its value. The id is kept last: it says that the value
// beside it is that token's.
func (t tokens) make(ctx context.Context, op operations.Ref, effect operations.Effect) (token, error) {
	made, value, err := t.create(ctx)
	if err != nil {
		return token{}, fmt.Errorf("creating the %s of project %d: %w", t.what, t.project, err)
	}
	if err := t.vault.Keep(ctx, op, SecretName(effect.ID), value); err != nil {
		return token{}, fmt.Errorf("keeping the %s: %w", t.what, err)
	}
	if err := t.vault.Keep(ctx, op, ofEffect(effect), strconv.FormatInt(made.id, 10)); err != nil {
		return token{}, fmt.Errorf("keeping the id of the %s: %w", t.what, err)
	}
	return made, nil
}

// undo revokes every token of the name.
func (t tokens) undo(ctx context.Context) error {
	there, err := t.named(ctx)
	if errors.Is(err, errs.NotFound) {
		return nil // with its project
	}
	if err != nil {
		return err
	}
	return t.revokeAll(ctx, there)
}
