package jwks

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// rsaKey is a key of the given size; that nobody knows its factors does not matter here.
func rsaKey(bits uint, more string) string {
	n := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), bits-1), big.NewInt(1))
	return fmt.Sprintf(`{"kty":"RSA","kid":"k","n":%q,"e":"AQAB"%s}`, base64.RawURLEncoding.EncodeToString(n.Bytes()), more)
}

// P-256's base point (FIPS 186-4 D.1.2.3).
const baseX, baseY = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY", "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"

func ecKey(x, y, more string) string {
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":"k","x":%q,"y":%q%s}`, x, y, more)
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key string
		ok  bool
	}{
		"RSA 2048":             {rsaKey(2048, ``), true},
		"RSA 8192":             {rsaKey(8192, ``), true},
		"RSA for RS256":        {rsaKey(2048, `,"alg":"RS256","use":"sig"`), true},
		"RSA 2047":             {rsaKey(2047, ``), false},
		"RSA 8193":             {rsaKey(8193, ``), false},
		"RSA for PS256":        {rsaKey(2048, `,"alg":"PS256"`), false},
		"RSA for ES256":        {rsaKey(2048, `,"alg":"ES256"`), false},
		"RSA even exponent":    {strings.Replace(rsaKey(2048, ``), "AQAB", "AQAA", 1), false},
		"RSA exponent 1":       {strings.Replace(rsaKey(2048, ``), "AQAB", "AQ", 1), false},
		"RSA huge exponent":    {strings.Replace(rsaKey(2048, ``), "AQAB", "AQAAAAAAAAAAAQ", 1), false},
		"RSA without e":        {strings.Replace(rsaKey(2048, ``), "AQAB", "", 1), false},
		"RSA padded":           {strings.Replace(rsaKey(2048, ``), "AQAB", "AQABAA==", 1), false},
		"for encryption":       {rsaKey(2048, `,"use":"enc"`), false},
		"operation verify":     {rsaKey(2048, `,"key_ops":["sign","verify"]`), true},
		"operation encrypt":    {rsaKey(2048, `,"key_ops":["encrypt"]`), false},
		"no operation":         {rsaKey(2048, `,"key_ops":[]`), false},
		"kid is a number":      {strings.Replace(rsaKey(2048, ``), `"k"`, `1`, 1), false},
		"no kid":               {strings.Replace(rsaKey(2048, ``), `"k"`, `""`, 1), false},
		"EC":                   {ecKey(baseX, baseY, ``), true},
		"EC for ES256":         {ecKey(baseX, baseY, `,"alg":"ES256"`), true},
		"EC off its curve":     {ecKey(baseY, baseX, ``), false},
		"EC at infinity":       {ecKey(strings.Repeat("A", 43), strings.Repeat("A", 43), ``), false},
		"EC short coordinate":  {ecKey(baseX[:40], baseY, ``), false},
		"EC for ES384":         {ecKey(baseX, baseY, `,"alg":"ES384"`), false},
		"EC on another curve":  {strings.Replace(ecKey(baseX, baseY, ``), "P-256", "secp256k1", 1), false},
		"symmetric":            {`{"kty":"oct","kid":"k","k":"c2VjcmV0"}`, false},
		"Ed25519":              {`{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, false},
		"a text":               {`"k"`, false},
		"null":                 {`null`, false},
		"beside a broken one":  {`{"kty":"RSA","kid":"x"},` + ecKey(baseX, baseY, ``), true},
		"id used twice":        {ecKey(baseX, baseY, ``) + `,` + ecKey(baseX, baseY, ``), false},
		"id used thrice":       {ecKey(baseX, baseY, ``) + `,` + ecKey(baseX, baseY, ``) + `,` + ecKey(baseX, baseY, ``), false},
		"same id, other type":  {ecKey(baseX, baseY, ``) + `,` + strings.Replace(rsaKey(2048, ``), `"k"`, `"r"`, 1), true},
		"unknown member":       {ecKey(baseX, baseY, `,"x5t":"abc"`), true},
		"member of wrong type": {ecKey(baseX, baseY, `,"alg":7`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, _, err := parse([]byte(`{"keys":[` + c.key + `]}`))
			if err != nil {
				t.Fatal(err)
			}
			_, ec := keys[keyName{"k", "ES256"}]
			_, rsa := keys[keyName{"k", "RS256"}]
			if (ec || rsa) != c.ok {
				t.Errorf("got %v", keys)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"keys":[` + rsaKey(2048, ``) + `,` + ecKey(baseX, baseY, ``) + `]}`))
	f.Add([]byte(`{"keys":[null,{"kty":"oct"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, _, err := parse(body)
		if err != nil {
			return
		}
		for name, k := range keys {
			if k.ID != name.id || k.Algorithm != name.algorithm || k.Public == nil {
				t.Fatalf("%v: %+v", name, k)
			}
		}
	})
}
