package effects

import (
	"context"
	"encoding/json"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
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

// AccessToken performs AccessTokenKind.
type AccessToken struct {
	Projects scm.Projects
	Tokens   scm.AccessTokens
	Vault    Vault
	Clock    clock.Clock
}

var _ operations.Performer = AccessToken{}

// tokens gives the tokens of a project.
func (e AccessToken) tokens(project int64, params AccessTokenParams, op operations.Ref) tokens {
	return tokens{
		vault: e.Vault, what: "access token", project: project, name: marked(params.Name, op),
		list: func(ctx context.Context) ([]token, error) {
			list, err := e.Tokens.AccessTokens(ctx, project)
			there := make([]token, len(list))
			for i, t := range list {
				there[i] = token{id: t.ID, name: t.Name}
			}
			return there, err
		},
		create: func(ctx context.Context) (token, string, error) {
			expires, err := e.expires(params)
			if err != nil {
				return token{}, "", err
			}
			made, value, err := e.Tokens.CreateAccessToken(ctx, project, scm.NewAccessToken{
				Name: marked(params.Name, op), Scopes: params.Scopes, Level: params.Level, Expires: expires,
			})
			return token{id: made.ID, name: made.Name}, value, err
		},
		revoke: func(ctx context.Context, id int64) error { return e.Tokens.RevokeAccessToken(ctx, project, id) },
	}
}

// Find looks for the token by its name, which ends with the operation's mark. One whose
// value was not kept can't be used by anybody: it is revoked, and there is none then.
func (e AccessToken) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[AccessTokenParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	found, err := e.tokens(p.ID, params, op).find(ctx, op, effect)
	if err != nil {
		return nil, err
	}
	return encode(AccessTokenResult{Project: p.ID, ID: found.id})
}

// Do creates the token and keeps its value.
func (e AccessToken) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, p, err := inAny[AccessTokenParams](ctx, e.Projects, effect)
	if err != nil {
		return nil, err
	}
	made, err := e.tokens(p.ID, params, op).make(ctx, op, effect)
	if err != nil {
		return nil, err
	}
	return encode(AccessTokenResult{Project: p.ID, ID: made.id})
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
	return e.tokens(made.Project, params, op).undo(ctx)
}
