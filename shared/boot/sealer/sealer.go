// Package sealer makes what seals the secrets of operations in a function from its
// settings. It owns the name of the setting and the form of the secret: each line is a text
// that a key is derived from; the first one seals, all of them open. To change the key, add
// a line at the end, wait until every instance has read it (ten minutes), and move it to
// the front; the old one goes when what it sealed has expired.
//
// How values are sealed is sealing's.
package sealer

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/secrets"
	"github.com/slipwayhq/slipway/shared/boot"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/sealing"
)

// patience is how long a key is waited for.
const patience = 5 * time.Second

// Sealer seals with a key that is read when it is first needed: most requests need none.
type Sealer struct {
	read func(ctx context.Context) (string, error)

	mu   sync.Mutex
	text string
	made *sealing.Sealer
}

var _ operations.Sealer = (*Sealer)(nil)

// New reads SEALING_SECRET, the ARN of the secret.
func New(env boot.Env) (*Sealer, error) {
	secret, err := secrets.New(secrets.Config{AWS: env.AWS, ARN: env.Settings.Required("SEALING_SECRET"), Clock: env.Clock})
	if err != nil {
		return nil, err
	}
	return &Sealer{read: secret.Text}, nil
}

// Seal encrypts a value.
func (s *Sealer) Seal(plain []byte, about string) ([]byte, error) {
	now, err := s.current()
	if err != nil {
		return nil, err
	}
	return now.Seal(plain, about)
}

// Open decrypts what Seal gave.
func (s *Sealer) Open(sealed []byte, about string) ([]byte, error) {
	now, err := s.current()
	if err != nil {
		return nil, err
	}
	return now.Open(sealed, about)
}

// current gives the sealer of what the secret holds now.
func (s *Sealer) current() (*sealing.Sealer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	text, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made != nil && s.text == text {
		return s.made, nil
	}
	made, err := sealing.New(sealing.Config{Secrets: strings.Fields(text)})
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "the secret that seals is not a list of keys", err)
	}
	s.text, s.made = text, made
	return made, nil
}
