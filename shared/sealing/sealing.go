// Package sealing owns how small values are encrypted before they are stored: AES-256-GCM
// under a key that is derived from a configured text, bound to what the value is about, in
// an envelope that says which key and which version of the format it was sealed with. It
// does not store anything, nor know what it seals.
//
// The envelope: version (1 byte), key id (4 bytes), nonce (12 bytes), ciphertext and tag.
//
// Keys are derived with HKDF-SHA-256 (RFC 5869). Nonces are random: one key seals up to
// 2³² values (NIST SP 800-38D, 8.3).
package sealing

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const (
	version  = 1
	idBytes  = 4
	keyBytes = 32
	header   = 1 + idBytes
	// MinSecret is the length of the shortest text that keys are made from, in bytes.
	MinSecret = 32
)

// Config is what a Sealer needs.
type Config struct {
	// Secrets are the texts that keys are derived from: the first one seals, all of them
	// open. A new one is put in front, an old one stays as long as something is sealed
	// with it.
	Secrets []string
}

// Sealer seals and opens values. It is safe for concurrent use.
type Sealer struct{ keys []key }

type key struct {
	id   []byte
	aead cipher.AEAD
}

// New makes a sealer.
func New(c Config) (*Sealer, error) {
	if len(c.Secrets) == 0 {
		return nil, errors.New("sealing needs a secret to derive its key from")
	}
	s := &Sealer{}
	for i, secret := range c.Secrets {
		if len(secret) < MinSecret {
			return nil, fmt.Errorf("secret %d of sealing is shorter than %d bytes", i+1, MinSecret)
		}
		k, err := derive(secret)
		if err != nil {
			return nil, fmt.Errorf("deriving the key of secret %d: %w", i+1, err)
		}
		s.keys = append(s.keys, k)
	}
	return s, nil
}

func derive(secret string) (key, error) {
	raw, err := hkdf.Key(sha256.New, []byte(secret), nil, "slipway sealing v1 key", keyBytes)
	if err != nil {
		return key{}, err
	}
	id, err := hkdf.Key(sha256.New, []byte(secret), nil, "slipway sealing v1 key id", idBytes)
	if err != nil {
		return key{}, err
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return key{id, aead}, err
}

// Seal encrypts a value. It can be opened only with the same about.
func (s *Sealer) Seal(plain []byte, about string) ([]byte, error) {
	k := s.keys[0]
	envelope := append([]byte{version}, k.id...)
	return k.aead.Seal(envelope, nil, plain, additional(envelope, about)), nil
}

// Open decrypts what Seal gave. Internal when it was sealed with another key or about
// something else, or is damaged.
func (s *Sealer) Open(sealed []byte, about string) ([]byte, error) {
	if len(sealed) < header || sealed[0] != version {
		return nil, errs.New(errs.Internal, "what is to be opened was not sealed in a known format")
	}
	envelope := sealed[:header]
	for _, k := range s.keys {
		if !bytes.Equal(envelope[1:], k.id) {
			continue
		}
		plain, err := k.aead.Open(nil, nil, sealed[header:], additional(envelope, about))
		if err != nil {
			return nil, errs.Wrap(errs.Internal, "what is to be opened is damaged, or about something else", err)
		}
		return plain, nil
	}
	return nil, errs.New(errs.Internal, "what is to be opened was sealed with a key that is not there any more")
}

// additional is what is authenticated besides the value: the envelope's header, which has
// a fixed length, and what the value is about.
func additional(envelope []byte, about string) []byte {
	return append(bytes.Clone(envelope), about...)
}
