package authtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"strings"
)

// BadToken is a way of asking that must be refused.
type BadToken struct {
	Number int    // of the row in the list of attacks
	Name   string // unique together with the number
	// Authorization are the values of the header; none for a request without it.
	Authorization []string
	// Query is put behind the path, "" for none.
	Query string
	// Policy names the optional setting that this token violates, "" when a verifier
	// must refuse it whatever its settings: "ClientIDs" or "RequiredScopes".
	Policy string
}

// BadTokens gives the corpus for an issuer. Rows that are about the behaviour of the
// issuer's key set over time (61 to 63) are here as far as one token can show them.
func BadTokens(i *Issuer) []BadToken {
	c := &corpus{Issuer: i}
	c.signatures()
	c.headers()
	c.claimsMissing()
	c.claimsForged()
	c.encodings()
	return c.all
}

type corpus struct {
	*Issuer
	number int
	all    []BadToken
}

// row begins a row of the list.
func (c *corpus) row(n int) { c.number = n }

func (c *corpus) add(name, token string) {
	c.header(name, "Bearer "+token)
}

func (c *corpus) header(name string, values ...string) {
	c.all = append(c.all, BadToken{Number: c.number, Name: name, Authorization: values})
}

// withHeader signs good claims under a header changed by overrides.
func (c *corpus) withHeader(name string, overrides map[string]any) {
	h := map[string]any{"alg": "RS256", "kid": RSAKey, "typ": "at+jwt"}
	maps.Copy(h, overrides)
	for n, v := range overrides {
		if v == nil {
			delete(h, n)
		}
	}
	c.add(name, c.rs256(h, c.Claims(nil)))
}

// withClaims signs changed claims under a good header.
func (c *corpus) withClaims(name string, overrides Claims) { c.add(name, c.Issue(overrides)) }

// withPayload signs any text under a good header.
func (c *corpus) withPayload(name, payload string) {
	c.add(name, compact(c.goodHeader(), payload, signRS256(c.rsa)))
}

// withMore signs good claims with members put behind them as they are.
func (c *corpus) withMore(name, members string) {
	c.withPayload(name, strings.TrimSuffix(c.goodClaims(), "}")+","+members+"}")
}

func (c *corpus) goodHeader() string { return `{"alg":"RS256","kid":"` + RSAKey + `","typ":"at+jwt"}` }
func (c *corpus) goodClaims() string { return marshal(c.Claims(nil)) }

func hs256(secret []byte) signer {
	return func(signed []byte) []byte {
		m := hmac.New(sha256.New, secret)
		m.Write(signed)
		return m.Sum(nil)
	}
}

func fixed(signature []byte) signer { return func([]byte) []byte { return signature } }

func jose(alg, kid string) string {
	return marshal(map[string]any{"alg": alg, "kid": kid, "typ": "at+jwt"})
}

func (c *corpus) signatures() {
	good, claims := c.Issue(nil), c.goodClaims()
	parts := strings.Split(good, ".")
	c.row(1)
	c.add("alg none without a signature", compact(jose("none", RSAKey), claims, fixed(nil)))
	c.add("alg none with a signature", compact(jose("none", RSAKey), claims, signRS256(c.rsa)))
	c.row(2)
	for _, alg := range []string{"None", "nOnE", "NONE"} {
		c.add("alg "+alg, compact(jose(alg, RSAKey), claims, fixed(nil)))
	}
	c.row(3)
	c.add("HS256 with the RSA public key as secret", compact(jose("HS256", RSAKey), claims, hs256(c.publicPEM())))
	c.row(4)
	c.add("PS256 header over a PKCS1 signature", compact(jose("PS256", RSAKey), claims, signRS256(c.rsa)))
	c.row(5)
	c.add("empty signature", parts[0]+"."+parts[1]+".")
	c.row(6)
	c.add("truncated signature", good[:len(good)-8])
	c.row(7)
	other := strings.Split(c.Issue(Claims{"sub": "admin"}), ".")
	c.add("claims of another token", parts[0]+"."+other[1]+"."+parts[2])
	c.row(8)
	c.add("another tenant's key under our kid", compact(c.goodHeader(), claims, signRS256(c.foreign())))
	c.row(9)
	c.add("RSA key of 1024 bits", compact(jose("RS256", "weak"), claims, signRS256(c.weak)))
	c.row(10)
	c.add("EC key that is not on its curve", compact(jose("ES256", "off-curve"), claims, c.signES256))
	c.row(11)
	c.add("ES256 with r and s of zero", compact(jose("ES256", ECKey), claims, fixed(make([]byte, 64))))
	c.row(12)
	c.add("key for encryption", compact(jose("RS256", "for-encryption"), claims, signRS256(c.rsa)))
	c.add("key without the operation verify", compact(jose("RS256", "for-signing-only"), claims, signRS256(c.rsa)))
	c.row(13)
	c.add("symmetric key of the set", compact(jose("HS256", "oct"), claims, hs256(octSecret())))
	c.add("symmetric key of the set as RS256", compact(jose("RS256", "oct"), claims, hs256(octSecret())))
	c.row(14)
	c.add("key for another algorithm", compact(jose("RS256", "for-rs512"), claims, signRS256(c.rsa)))
	c.add("ES256 header with an RSA key", compact(jose("ES256", RSAKey), claims, signRS256(c.rsa)))
}

// publicPEM is the text that verifiers confused about key types take for a secret.
func (c *corpus) publicPEM() []byte {
	der := must(x509.MarshalPKIXPublicKey(&c.rsa.PublicKey))
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func (c *corpus) headers() {
	c.row(15)
	c.withHeader("kid missing", map[string]any{"kid": nil})
	c.withHeader("kid empty", map[string]any{"kid": ""})
	c.row(16)
	c.withHeader("kid is a path", map[string]any{"kid": "../../dev/null"})
	c.withHeader("kid is SQL", map[string]any{"kid": "x' UNION SELECT 'key' --"})
	c.withHeader("kid of 10 KB", map[string]any{"kid": strings.Repeat("k", 10<<10)})
	c.row(17)
	c.withHeader("kid is a number", map[string]any{"kid": 1})
	c.row(18)
	c.add("alg twice", compact(`{"alg":"none","kid":"`+RSAKey+`","typ":"at+jwt","alg":"RS256"}`, c.goodClaims(), signRS256(c.rsa)))
	c.row(19)
	c.withHeader("crit with an unknown extension", map[string]any{"crit": []string{"exp-strict"}, "exp-strict": true})
	c.withHeader("crit empty", map[string]any{"crit": []string{}})
	c.row(20)
	c.withHeader("b64 false", map[string]any{"b64": false})
	c.row(21)
	c.withHeader("jku", map[string]any{"jku": "https://keys.example.net/jwks.json"})
	c.row(22)
	attacker := map[string]any{"alg": "RS256", "kid": RSAKey, "jwk": rsaJWK(RSAKey, c.foreign(), nil)}
	c.add("key brought along", compact(marshal(attacker), c.goodClaims(), signRS256(c.foreign())))
	c.row(23)
	c.withHeader("x5u", map[string]any{"x5u": "https://keys.example.net/chain.pem"})
	c.withHeader("x5c", map[string]any{"x5c": []string{"MIIB"}})
	c.row(24)
	c.withHeader("typ dpop+jwt", map[string]any{"typ": "dpop+jwt"})
	c.withHeader("typ logout+jwt", map[string]any{"typ": "logout+jwt"})
	c.row(25)
	c.withClaims("ID token by its nonce", Claims{"nonce": "n-0S6_WzA2Mj"})
	c.withClaims("ID token by its at_hash", Claims{"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"})
	c.withClaims("ID token by its token_type", Claims{"token_type": "id_token"})
	c.withClaims("ID token by its typ", Claims{"typ": "ID"})
	c.row(26)
	c.withHeader("cty JWT", map[string]any{"cty": "JWT"})
	c.row(27)
	c.add("JWE of five parts", strings.Join([]string{b64([]byte(`{"alg":"RSA-OAEP","enc":"A256GCM"}`)), "a", "b", "c", "d"}, "."))
	c.withHeader("enc in a JWS", map[string]any{"enc": "A256GCM"})
	c.row(28)
	c.withHeader("zip", map[string]any{"zip": "DEF"})
}
