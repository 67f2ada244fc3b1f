package permission_test

import (
	"testing"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/permission"
)

func TestSignedInPeopleMayDoEverything(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		who  auth.Principal
		want permission.Decision
	}{
		"a user":    {auth.Principal{Kind: auth.User, EntityRef: "user:default/jane"}, permission.Allow},
		"the guest": {auth.Principal{Kind: auth.User, EntityRef: auth.GuestRef}, permission.Allow},
		"a service": {auth.Principal{Kind: auth.Service, EntityRef: "service:default/ci"}, permission.Deny},
		"nobody":    {auth.Principal{}, permission.Deny},
		"no name":   {auth.Principal{Kind: auth.User}, permission.Deny},
	} {
		for _, r := range []permission.Request{{Name: "catalog.entity.create", Action: "create"}, {Name: "does.not.exist"}, {Name: "catalog.entity.delete", ResourceType: "catalog-entity", Resource: "not a ref"}} {
			if got, err := (permission.SignedIn{}).Decide(t.Context(), c.who, r); got != c.want || err != nil {
				t.Errorf("%s, %s: %v, %v", name, r.Name, got, err)
			}
		}
	}
}
