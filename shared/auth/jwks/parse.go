package jwks

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

// The limits of a key set.
const (
	maxKeys      = 64
	maxJSONDepth = 8
	maxKeyID     = 128
	minRSABits   = 2048
	maxRSABits   = 8192 // larger ones only make verifying slow
)

// jwk is a JSON Web Key (RFC 7517 §4, RFC 7518 §6).
type jwk struct {
	Type       string   `json:"kty"`
	ID         string   `json:"kid"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	Curve      string   `json:"crv"`
	X          string   `json:"x"`
	Y          string   `json:"y"`
	N          string   `json:"n"`
	E          string   `json:"e"`
}

// parse gives the keys that may verify tokens, and why the others may not. A bad key does
// not spoil the set.
func parse(body []byte) (map[keyName]auth.Key, []string, error) {
	report, err := strictjson.Scan(body, maxJSONDepth)
	if err != nil {
		return nil, nil, err
	}
	if len(report.Duplicates) > 0 {
		return nil, nil, errors.New("a member is given more than once")
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil || set.Keys == nil {
		return nil, nil, errors.New("not a key set")
	}
	if len(set.Keys) > maxKeys {
		return nil, nil, fmt.Errorf("more than %d keys", maxKeys)
	}
	keys, dropped := choose(set.Keys)
	return keys, dropped, nil
}

// choose leaves out keys that can't be used, and all of those that share a name: there is no
// telling which one is meant.
func choose(all []json.RawMessage) (map[keyName]auth.Key, []string) {
	keys, twice, dropped := map[keyName]auth.Key{}, map[keyName]bool{}, []string(nil)
	for i, raw := range all {
		key, err := parseKey(raw)
		if err != nil {
			dropped = append(dropped, fmt.Sprintf("key %d: %v", i, err))
			continue
		}
		name := keyName{key.ID, key.Algorithm}
		if _, taken := keys[name]; taken {
			twice[name] = true
			dropped = append(dropped, fmt.Sprintf("key %d: its id is used more than once", i))
		}
		keys[name] = key
	}
	for name := range twice {
		delete(keys, name)
	}
	return keys, dropped
}

func parseKey(raw json.RawMessage) (auth.Key, error) {
	var k jwk
	if err := json.Unmarshal(raw, &k); err != nil {
		return auth.Key{}, errors.New("a member is of the wrong type")
	}
	switch {
	case k.ID == "" || len(k.ID) > maxKeyID:
		return auth.Key{}, errors.New("no usable id")
	case k.Use != "" && k.Use != "sig":
		return auth.Key{}, errors.New("not for signatures")
	case k.Operations != nil && !slices.Contains(k.Operations, "verify"):
		return auth.Key{}, errors.New("not for verifying")
	}
	switch k.Type {
	case "RSA":
		return k.rsa()
	case "EC":
		return k.ec()
	}
	return auth.Key{}, errors.New("neither an RSA nor an EC key")
}

func (k jwk) rsa() (auth.Key, error) {
	if k.Algorithm != "" && k.Algorithm != auth.RS256 {
		return auth.Key{}, errors.New("an RSA key for another algorithm than RS256")
	}
	n, errN := integer(k.N)
	e, errE := integer(k.E)
	if errN != nil || errE != nil {
		return auth.Key{}, errors.New("an RSA key without its numbers")
	}
	if b := n.BitLen(); b < minRSABits || b > maxRSABits || n.Bit(0) == 0 {
		return auth.Key{}, fmt.Errorf("an RSA key of %d bits", b)
	}
	if !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || e.Bit(0) == 0 {
		return auth.Key{}, errors.New("an RSA key with an unusual exponent")
	}
	return auth.Key{ID: k.ID, Algorithm: auth.RS256, Public: &rsa.PublicKey{N: n, E: int(e.Int64())}}, nil
}

func integer(s string) (*big.Int, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) == 0 {
		return nil, errors.New("not a number")
	}
	return new(big.Int).SetBytes(b), nil
}

// ec takes a key on P-256, the curve of ES256; parsing the point checks that it is on it.
func (k jwk) ec() (auth.Key, error) {
	if k.Curve != "P-256" || (k.Algorithm != "" && k.Algorithm != auth.ES256) {
		return auth.Key{}, errors.New("an EC key for another algorithm than ES256")
	}
	x, errX := base64.RawURLEncoding.DecodeString(k.X)
	y, errY := base64.RawURLEncoding.DecodeString(k.Y)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return auth.Key{}, errors.New("an EC key without its coordinates")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		return auth.Key{}, errors.New("an EC key that is not on its curve")
	}
	return auth.Key{ID: k.ID, Algorithm: auth.ES256, Public: public}, nil
}
