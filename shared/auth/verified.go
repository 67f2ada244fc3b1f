package auth

import (
	"crypto"
	"crypto/sha256"
	"sync"
)

// maxVerified is how many tokens a generation of verified remembers: more than an instance
// sees within a token's life, and a few megabytes at most.
const maxVerified = 512

// token is what a bearer token says, once its text has been found acceptable.
type token struct {
	algorithm string
	keyID     string
	claims    claims
	key       crypto.PublicKey // that its signature was verified with; nil before that
}

// provenBy reports whether the token's signature was verified with that very key. Whether
// a signature fits bytes and key never changes, so it need not be computed twice.
func (t token) provenBy(key crypto.PublicKey) bool {
	k, ok := t.key.(equaler)
	return ok && k.Equal(key)
}

// equaler is what every public key of the standard library is (crypto.PublicKey).
type equaler interface {
	Equal(other crypto.PublicKey) bool
}

// digest names a token by its every byte without keeping it.
type digest [sha256.Size]byte

// verified remembers tokens whose signature has been verified, and nothing that depends on
// time or on the issuer: policy, times and the issuer's present keys are looked at each time.
// Only valid tokens get in. It keeps two generations: those that were shown since the
// younger one began survive it.
type verified struct {
	mu           sync.Mutex
	young, older map[digest]token
}

func (v *verified) find(name digest) (token, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if t, found := v.young[name]; found {
		return t, true
	}
	t, found := v.older[name]
	if found {
		v.keep(name, t)
	}
	return t, found
}

func (v *verified) add(name digest, t token) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keep(name, t)
}

func (v *verified) keep(name digest, t token) {
	if v.young == nil || len(v.young) >= maxVerified {
		v.older, v.young = v.young, make(map[digest]token)
	}
	v.young[name] = t
}
