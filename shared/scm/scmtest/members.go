package scmtest

import (
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func userParts() []part {
	return []part{
		{"users are found by number and name", usersFound},
	}
}

func memberParts() []part {
	return []part{
		{"access is given, changed and taken", accessGiven},
		{"access below what a group above gives is invalid", accessBelow},
		{"access that can't be is refused", accessRefused},
	}
}

func usersFound(t *testing.T, h Harness) {
	id := h.Admin.User(t, "ann.other")
	own, err := h.Client.User(t.Context(), 0)
	ok(t, "finding the token's", err)
	if own.ID == 0 || own.Username == "" || own.Name == "" || own.State != "active" || own.WebURL == "" || own.ID == id {
		t.Errorf("the token's is %+v", own)
	}
	ann, err := h.Client.User(t.Context(), id)
	ok(t, "finding by number", err)
	named, err := h.Client.UserNamed(t.Context(), strings.ToUpper("ann.other"))
	ok(t, "finding by name", err)
	if ann.ID != id || ann.Username != "ann.other" || named.ID != id || ann.Created.IsZero() || ann.Email != "" {
		t.Errorf("found %+v and %+v", ann, named)
	}
	_, err = h.Client.User(t.Context(), 987654321)
	want(t, "finding nobody", err, errs.NotFound)
	for name, kind := range map[string]errs.Kind{"": errs.Invalid, "nobody": errs.NotFound, "a&username=" + h.User: errs.NotFound, "ann": errs.NotFound} {
		_, err = h.Client.UserNamed(t.Context(), name)
		want(t, "finding "+name, err, kind)
	}
	_, err = h.WrongToken.User(t.Context(), 0)
	want(t, "asking with a wrong token", err, errs.Unauthenticated)
}

func expectAccess(t *testing.T, h Harness, m scm.Membership, level int) {
	t.Helper()
	got, err := h.Client.Member(t.Context(), m)
	if ok(t, "reading the access", err); got != level {
		t.Errorf("the access of %+v is %d, want %d", m, got, level)
	}
}

func accessGiven(t *testing.T, h Harness) {
	ann := h.Admin.User(t, "ann")
	g, other := createGroup(t, h, h.Group, "payments"), createGroup(t, h, h.Group, "other")
	p := create(t, h, "orders")
	for _, m := range []scm.Membership{{Group: g.ID, User: ann}, {Project: p.ID, User: ann}, {Group: g.ID, Guests: other.ID}} {
		expectAccess(t, h, m, 0)
		ok(t, "taking what nobody has", h.Client.RemoveMember(t.Context(), m))
		for _, level := range []int{30, 30, 40, 20, 50} {
			ok(t, "giving access", h.Client.SetMember(t.Context(), m, level))
			expectAccess(t, h, m, level)
		}
	}
	inner := createGroup(t, h, g.Path, "inner")
	below := scm.Membership{Group: inner.ID, User: ann}
	expectAccess(t, h, below, 0)
	ok(t, "giving access below", h.Client.SetMember(t.Context(), below, 50))
	for _, m := range []scm.Membership{{Group: g.ID, User: ann}, {Project: p.ID, User: ann}, {Group: g.ID, Guests: other.ID}} {
		ok(t, "taking access", h.Client.RemoveMember(t.Context(), m))
		expectAccess(t, h, m, 0)
	}
	expectAccess(t, h, below, 50)
}

func accessBelow(t *testing.T, h Harness) {
	ann := h.Admin.User(t, "ann")
	g := createGroup(t, h, h.Group, "payments")
	inner := createGroup(t, h, g.Path, "inner")
	ok(t, "giving access", h.Client.SetMember(t.Context(), scm.Membership{Group: g.ID, User: ann}, 40))
	below := scm.Membership{Group: inner.ID, User: ann}
	want(t, "giving less below", h.Client.SetMember(t.Context(), below, 30), errs.Invalid)
	expectAccess(t, h, below, 0)
}

func accessRefused(t *testing.T, h Harness) {
	ann := h.Admin.User(t, "ann")
	g := createGroup(t, h, h.Group, "payments")
	for doing, m := range map[string]scm.Membership{
		"nobody": {Group: g.ID, User: 987654321}, "no group": {Group: g.ID, Guests: 987654321}, "an unknown group": {Group: 987654321, User: ann},
		"an unknown project": {Project: 987654321, User: ann}, "a group as a guest of an unknown one": {Group: 987654321, Guests: g.ID},
	} {
		want(t, "giving access: "+doing, h.Client.SetMember(t.Context(), m, 30), errs.NotFound)
	}
	want(t, "a level that there is not", h.Client.SetMember(t.Context(), scm.Membership{Group: g.ID, User: ann}, 31), errs.Invalid)
	own, err := h.Client.User(t.Context(), 0)
	ok(t, "finding the token's user", err)
	want(t, "taking the last owner", h.Client.RemoveMember(t.Context(), scm.Membership{Group: g.ID, User: own.ID}), errs.Forbidden)
	want(t, "giving with a wrong token", h.WrongToken.SetMember(t.Context(), scm.Membership{Group: g.ID, User: ann}, 30), errs.Unauthenticated)
}
