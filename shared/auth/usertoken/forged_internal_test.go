package usertoken

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// stricter are the tokens that Backstage took when they were recorded, and ours does not.
var stricter = map[string]string{
	"056-forged-iat-future-1h":         "issued in the future",
	"061-forged-sub-not-a-ref":         "a subject that names nobody in the catalog",
	"062-forged-aud-wrong":             "for another audience",
	"066-forged-exp-10y":               "lives for ten years",
	"067-forged-typ-JWT-aud-backstage": "of another type",
	"075-forged-typ-upper":             "a type in a spelling that nobody writes",
}

// recordedKey is the key that the recorded tokens are signed with.
type recordedKey struct{ publicKey }

func (k recordedKey) Key(_ context.Context, id, algorithm string) (auth.Key, error) {
	x, errX := base64.RawURLEncoding.DecodeString(k.X)
	y, errY := base64.RawURLEncoding.DecodeString(k.Y)
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err := errors.Join(errX, errY, err); err != nil {
		return auth.Key{}, err
	}
	if id != k.ID || algorithm != k.Algorithm {
		return auth.Key{}, errs.New(errs.Unauthenticated, "no such key")
	}
	return auth.Key{ID: id, Algorithm: algorithm, Public: public}, nil
}

// TestForgedTokens shows tokens to our verifier that were shown to Backstage's, signed with
// the right key and wrong in one way each.
func TestForgedTokens(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/forged.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Key    publicKey
		Tokens []struct {
			Name, Token string
			Status      int
		}
	}
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	v, err := verifier("http://127.0.0.1:7103/api/auth", recordedKey{recorded.Key}, clock.NewManual(time.Unix(1795340863, 0)))
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, r := range recorded.Tokens {
		_, err := v.Authenticate(t.Context(), []string{"Bearer " + r.Token})
		reason := stricter[r.Name]
		switch want := r.Status == 200 && reason == ""; {
		case want != (err == nil):
			t.Errorf("%s: %v", r.Name, err)
		case err != nil && !errors.Is(err, errs.Unauthenticated):
			t.Errorf("%s is refused for another reason: %v", r.Name, err)
		case err == nil:
			taken++
		}
	}
	if taken != 2 {
		t.Errorf("%d of the recorded tokens are taken: those without a proof and of an unknown user should be", taken)
	}
}
