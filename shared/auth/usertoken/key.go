package usertoken

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/auth"
)

// pemType is that of PKCS #8 (RFC 7468 §10).
const pemType = "PRIVATE KEY"

// NewKey makes a key and gives it in the form that ParseKey reads.
func NewKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding a signing key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), nil
}

// ParseKey reads a P-256 key in PKCS #8 and PEM. No error quotes what was read.
func ParseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, errors.New("the signing key is not a PEM block " + pemType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the signing key is not in PKCS #8")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the signing key is not on the curve P-256")
	}
	return key, nil
}

// publicKey is a JSON Web Key (RFC 7517) in the members and order of Backstage's.
type publicKey struct {
	Type      string `json:"kty"`
	X         string `json:"x"`
	Y         string `json:"y"`
	Curve     string `json:"crv"`
	ID        string `json:"kid"`
	Algorithm string `json:"alg"`
}

// KeySet is a JSON Web Key Set (RFC 7517 §5).
type KeySet struct {
	Keys []publicKey `json:"keys"`
}

// KeySet gives the public keys that tokens are verified with.
func (i *Issuer) KeySet() KeySet { return KeySet{Keys: []publicKey{i.key}} }

// describe writes a public key down. Its id is its thumbprint (RFC 7638), so that the same
// key has the same id wherever it is loaded.
func describe(key *ecdsa.PublicKey) (publicKey, error) {
	point, err := key.Bytes() // 4, x, y (SEC 1 §2.3.3)
	if err != nil || key.Curve != elliptic.P256() {
		return publicKey{}, errors.New("the signing key is not on the curve P-256")
	}
	size := (len(point) - 1) / 2
	k := publicKey{
		Type: "EC", Curve: "P-256", Algorithm: auth.ES256,
		X: base64.RawURLEncoding.EncodeToString(point[1 : 1+size]), Y: base64.RawURLEncoding.EncodeToString(point[1+size:]),
	}
	thumb := sha256.Sum256([]byte(`{"crv":"` + k.Curve + `","kty":"` + k.Type + `","x":"` + k.X + `","y":"` + k.Y + `"}`))
	k.ID = base64.RawURLEncoding.EncodeToString(thumb[:])
	return k, nil
}
