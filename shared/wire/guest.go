package wire

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/usertoken"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/zones/authfn"
)

// openGuests prepares sign-in where everybody is the guest: the portal issues tokens of its
// own, and takes them. Where people prove who they are there is none of that.
func (s *System) openGuests() error {
	guest, ok := s.cfg.Authenticator.(auth.Guest)
	if !ok {
		return nil
	}
	key, err := loadSigningKey(filepath.Join(s.cfg.Dir, "signing-key.pem"))
	if err != nil {
		return err
	}
	tokens, err := usertoken.New(usertoken.Config{URL: strings.TrimSuffix(s.cfg.PortalURL, "/") + "/api/auth", Key: key, Clock: s.cfg.Clock})
	if err != nil {
		return err
	}
	if guest.Tokens, err = tokens.Verifier(); err != nil {
		return err
	}
	s.cfg.Authenticator, s.guests = guest, &authfn.Guests{Tokens: tokens}
	return nil
}

// loadSigningKey reads the installation's key, which the first start makes: a token outlives
// a restart. Only the owner of the data directory may read it.
func loadSigningKey(path string) (*ecdsa.PrivateKey, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if raw, err = usertoken.NewKey(); err == nil {
			err = writeWhole(path, raw)
		}
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "the data directory's signing key can't be read or made", err)
	}
	key, err := usertoken.ParseKey(raw)
	if err != nil {
		return nil, errs.Wrap(errs.Conflict, path+" is damaged: take it away to have a new one made, which ends every session", err)
	}
	return key, nil
}

// catalogGroups reads a user's groups from the catalog.
type catalogGroups struct{ entities *view.View }

// GroupsOf gives the groups that the user's entity is related to, whichever side says so.
func (g catalogGroups) GroupsOf(ctx context.Context, user string) ([]string, error) {
	found, err := g.entities.ByRef(ctx, user)
	if err != nil || !found.Found() {
		return nil, err
	}
	e, err := found.Entity()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range e.Relations {
		if r.Type == "memberOf" && strings.HasPrefix(r.TargetRef, "group:") {
			out = append(out, r.TargetRef)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
