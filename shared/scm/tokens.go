package scm

import (
	"context"
	"time"
)

// AccessTokens manages the access tokens of a project.
type AccessTokens interface {
	// AccessTokens lists the tokens of a project that are active.
	AccessTokens(ctx context.Context, project int64) ([]AccessToken, error)
	// CreateAccessToken creates a token. Its value is given this once and never again: when
	// the answer is lost, there is a token that nobody knows, to be found by its name and
	// revoked. Names need not differ. Invalid when the host does not let tokens live so long
	// (GitLab: 365 days) or the caller may not give that level.
	CreateAccessToken(ctx context.Context, project int64, t NewAccessToken) (AccessToken, string, error)
	// RevokeAccessToken revokes a token; revoking what is gone succeeds.
	RevokeAccessToken(ctx context.Context, project, token int64) error
}

// AccessToken is a token of a project without its value.
type AccessToken struct {
	ID      int64
	Name    string
	Scopes  []string
	Level   int       // 10 guest, 20 reporter, 30 developer, 40 maintainer, 50 owner
	Expires time.Time // the day with the beginning of which it ends
}

// NewAccessToken is a token to be created.
type NewAccessToken struct {
	Name    string
	Scopes  []string
	Level   int
	Expires time.Time // its day, in UTC, with the beginning of which the token ends
}

// DeployTokens manages the deploy tokens of a project, which are for git and for registries
// alone.
type DeployTokens interface {
	// DeployTokens lists the tokens of a project that are neither revoked nor expired.
	DeployTokens(ctx context.Context, project int64) ([]DeployToken, error)
	// CreateDeployToken creates a token, as CreateAccessToken does: its value is given this
	// once and never again, and names need not differ.
	CreateDeployToken(ctx context.Context, project int64, t NewDeployToken) (DeployToken, string, error)
	// RevokeDeployToken revokes a token; revoking what is gone succeeds.
	RevokeDeployToken(ctx context.Context, project, token int64) error
}

// DeployToken is a deploy token without its value.
type DeployToken struct {
	ID       int64
	Name     string
	Username string // beside the value, for git and registries
	Scopes   []string
}

// NewDeployToken is a deploy token to be created, which does not expire.
type NewDeployToken struct {
	Name     string
	Username string // "" for one that GitLab makes up
	Scopes   []string
}
