package scm

import (
	"context"
	"time"
)

// AccessTokens manages the access tokens of a project.
type AccessTokens interface {
	// AccessTokens lists the tokens of a project that are active.
	AccessTokens(ctx context.Context, project int64) ([]AccessToken, error)
	// CreateAccessToken creates a token. Its value is given this once and never again.
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
	Expires time.Time // the day it expires
}

// NewAccessToken is a token to be created.
type NewAccessToken struct {
	Name    string
	Scopes  []string
	Level   int
	Expires time.Time
}
