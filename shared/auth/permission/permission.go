// Package permission owns the question whether somebody may do something, in Backstage's
// words (@backstage/plugin-permission-common): a permission has a name and, when it is about
// single things, the ref of one. Answering is a Policy's; SignedIn is the one there is so far.
//
// A policy answers for frontends, which show or hide what a person may do. What an API does
// itself it must ask a policy again: an answer given to a browser protects nothing.
package permission

import (
	"context"

	"github.com/slipwayhq/slipway/shared/auth"
)

// Request is one thing that somebody wants to do.
type Request struct {
	Name         string // "catalog.entity.delete"
	Action       string // create, read, update, delete or "" for none of these
	ResourceType string // "catalog-entity"; "" when the permission is not about single things
	Resource     string // ref of the thing, in its plugin's spelling
}

// Decision is a policy's answer. The zero value denies.
type Decision bool

// The decisions.
const (
	Deny  Decision = false
	Allow Decision = true
)

// Policy decides. An error means that it could not, which allows nothing.
type Policy interface {
	Decide(ctx context.Context, who auth.Principal, r Request) (Decision, error)
}

// SignedIn allows everything to every person who signed in, guests where there are any,
// and nothing to services.
type SignedIn struct{}

var _ Policy = SignedIn{}

// Decide allows people everything, also what it has never heard of.
func (SignedIn) Decide(_ context.Context, who auth.Principal, _ Request) (Decision, error) {
	return Decision(who.Kind == auth.User && who.EntityRef != ""), nil
}
