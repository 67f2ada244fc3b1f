package effects

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
	"github.com/slipwayhq/slipway/shared/scm"
)

// AccessTokenKind is the effect of creating an access token of any project.
const AccessTokenKind = "gitlab.access-token"

// tokenDays is how long a token lasts when nothing is said: the most that GitLab allows.
const tokenDays = 365

// AccessTokenParams describes the token.
type AccessTokenParams struct {
	Project string   `json:"project"` // number or full path
	Name    string   `json:"name"`
	Scopes  []string `json:"scopes"`
	Level   int      `json:"level"`
	Expires string   `json:"expires,omitempty"` // day, "2027-01-31"; "" for as late as possible
}

func (p AccessTokenParams) within() string { return p.Project }

// AccessTokenResult is what came of it. The token's value is a secret of the operation.
type AccessTokenResult struct {
	Project int64 `json:"project"`
	ID      int64 `json:"id"`
}

// NewAccessToken makes the effect.
func NewAccessToken(id string, p AccessTokenParams) (operations.Effect, error) {
	return newEffect(id, AccessTokenKind, p.Project+" "+p.Name, p)
}

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

// AccessToken performs AccessTokenKind.
type AccessToken struct {
	Projects scm.Projects
	Tokens   scm.AccessTokens
	Vault    Vault
	Clock    clock.Clock
}

var _ operations.Performer = AccessToken{}

// ofEffect names the secret that says which token the kept value is of.
func ofEffect(effect operations.Effect) string { return SecretName(effect.ID) + ".id" }

// Find looks for the token by its name, which ends with the operation's mark. One whose
// value was not kept can't be used by anybody: it is revoked, and there is none then.
func (e AccessToken) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[AccessTokenParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	there, err := e.named(ctx, p.ID, marked(params.Name, op))
	if err != nil {
		return nil, err
	}
	kept, err := e.Vault.Reveal(ctx, op, operations.SecretReference(ofEffect(effect)))
	if err != nil && !errors.Is(err, errs.Conflict) {
		return nil, fmt.Errorf("looking for the value of the token: %w", err)
	}
	if err == nil && len(there) == 1 && strconv.FormatInt(there[0], 10) == kept {
		return encode(AccessTokenResult{Project: p.ID, ID: there[0]})
	}
	if err := e.revoke(ctx, p.ID, there); err != nil {
		return nil, err
	}
	return nil, errs.New(errs.NotFound, "the project has no token of this operation whose value is known")
}

// named gives the ids of the active tokens of that name.
func (e AccessToken) named(ctx context.Context, project int64, name string) ([]int64, error) {
	list, err := e.Tokens.AccessTokens(ctx, project)
	if err != nil {
		return nil, fmt.Errorf("listing the access tokens of project %d: %w", project, err)
	}
	var ids []int64
	for _, t := range list {
		if t.Name == name {
			ids = append(ids, t.ID)
		}
	}
	return ids, nil
}

func (e AccessToken) revoke(ctx context.Context, project int64, ids []int64) error {
	for _, id := range ids {
		if err := e.Tokens.RevokeAccessToken(ctx, project, id); err != nil {
			return fmt.Errorf("revoking token %d of project %d: %w", id, project, err)
		}
	}
	return nil
}

// Do creates the token and keeps its value. The id is kept last: it says that the value
// beside it is that token's.
func (e AccessToken) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[AccessTokenParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	expires, err := e.expires(params)
	if err != nil {
		return nil, err
	}
	made, value, err := e.Tokens.CreateAccessToken(ctx, p.ID, scm.NewAccessToken{
		Name: marked(params.Name, op), Scopes: params.Scopes, Level: params.Level, Expires: expires,
	})
	if err != nil {
		return nil, fmt.Errorf("creating an access token of %s: %w", p.Path, err)
	}
	if err := e.Vault.Keep(ctx, op, SecretName(effect.ID), value); err != nil {
		return nil, fmt.Errorf("keeping the access token: %w", err)
	}
	if err := e.Vault.Keep(ctx, op, ofEffect(effect), strconv.FormatInt(made.ID, 10)); err != nil {
		return nil, fmt.Errorf("keeping the id of the access token: %w", err)
	}
	return encode(AccessTokenResult{Project: p.ID, ID: made.ID})
}

func (e AccessToken) expires(p AccessTokenParams) (time.Time, error) {
	if p.Expires == "" {
		return e.Clock.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, tokenDays), nil
	}
	day, err := time.Parse(time.DateOnly, p.Expires)
	if err != nil {
		return time.Time{}, errs.New(errs.Invalid, "a token expires on a day like 2027-01-31")
	}
	return day, nil
}

// Undo revokes the token, and any other of its name.
func (e AccessToken) Undo(ctx context.Context, op operations.Ref, effect operations.Effect, result json.RawMessage) error {
	made, err := decode[AccessTokenResult]("access token", result)
	if err != nil {
		return err
	}
	params, err := decode[AccessTokenParams]("access token", effect.Params)
	if err != nil {
		return err
	}
	there, err := e.named(ctx, made.Project, marked(params.Name, op))
	if errors.Is(err, errs.NotFound) {
		return nil // with its project
	}
	if err != nil {
		return err
	}
	return e.revoke(ctx, made.Project, there)
}
