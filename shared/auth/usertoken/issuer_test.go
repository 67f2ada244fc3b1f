package usertoken_test

import (
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/usertoken"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const issuerURL = "http://127.0.0.1:7007/api/auth"

func newIssuer(t testing.TB, clk clock.Clock) (*usertoken.Issuer, *ecdsa.PrivateKey) {
	t.Helper()
	text, err := usertoken.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := usertoken.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	i, err := usertoken.New(usertoken.Config{URL: issuerURL, Key: key, Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	return i, key
}

func part(t *testing.T, token string, n int) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[n])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestATokenIsLaidOutLikeBackstages compares with the recorded one, byte by byte where
// Backstage's plugins look at bytes.
func TestATokenIsLaidOutLikeBackstages(t *testing.T) {
	t.Parallel()
	i, key := newIssuer(t, clock.NewManual(noon))
	token, err := i.Issue("user:default/o'neil<&>é")
	if err != nil {
		t.Fatal(err)
	}
	kid := i.KeySet().Keys[0].ID
	if want := `{"typ":"vnd.backstage.user","alg":"ES256","kid":"` + kid + `"}`; part(t, token, 0) != want {
		t.Errorf("header %s", part(t, token, 0))
	}
	begin := `{"iss":"` + issuerURL + `","sub":"user:default/o'neil<&>é","aud":"backstage","iat":1795348800,"exp":1795352400,"uip":"`
	if !strings.HasPrefix(part(t, token, 1), begin) {
		t.Errorf("claims %s", part(t, token, 1))
	}
	var claims struct{ Uip string }
	if err := json.Unmarshal([]byte(part(t, token, 1)), &claims); err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	limited := encode([]byte(`{"typ":"vnd.backstage.limited-user","alg":"ES256","kid":"`+kid+`"}`)) + "." +
		encode([]byte(`{"sub":"user:default/o'neil<&>é","iat":1795348800,"exp":1795352400}`))
	signature, err := base64.RawURLEncoding.DecodeString(claims.Uip)
	if err != nil {
		t.Fatal(err)
	}
	if err := jwt.SigningMethodES256.Verify(limited, signature, &key.PublicKey); err != nil {
		t.Errorf("the limited token that plugins cut out of it is not signed: %v", err)
	}
}

func TestTheKeySetHasTheRecordedForm(t *testing.T) {
	t.Parallel()
	i, _ := newIssuer(t, clock.NewManual(noon))
	raw, err := json.Marshal(i.KeySet())
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(raw, &set); err != nil || len(set.Keys) != 1 {
		t.Fatal(err, string(raw))
	}
	k := set.Keys[0]
	if len(k["x"]) != 43 || len(k["y"]) != 43 || len(k["kid"]) != 43 {
		t.Errorf("%v", k)
	}
	delete(k, "x")
	delete(k, "y")
	delete(k, "kid")
	if diff := cmp.Diff(map[string]string{"kty": "EC", "crv": "P-256", "alg": "ES256"}, k); diff != "" {
		t.Error(diff) // the private part above all
	}
}

func TestATokenIsTakenForAnHour(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	i, _ := newIssuer(t, clk)
	v, err := i.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	token, err := i.Issue(auth.GuestRef)
	if err != nil {
		t.Fatal(err)
	}
	who, err := v.Authenticate(t.Context(), []string{"Bearer " + token})
	want := auth.Principal{Subject: auth.GuestRef, EntityRef: auth.GuestRef, Issuer: issuerURL, Scopes: []string{}, Kind: auth.User}
	if diff := cmp.Diff(want, who); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	clk.Advance(usertoken.Lifetime + time.Minute)
	if _, err := v.Authenticate(t.Context(), []string{"Bearer " + token}); !errors.Is(err, errs.Unauthenticated) {
		t.Errorf("after more than an hour: %v", err)
	}
}

// TestOthersTokensAreRefused signs what looks right with another key, and looks at what our
// own key signs besides user tokens.
func TestOthersTokensAreRefused(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	ours, key := newIssuer(t, clk)
	theirs, _ := newIssuer(t, clk)
	v, err := ours.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := theirs.Issue(auth.GuestRef)
	if err != nil {
		t.Fatal(err)
	}
	own, err := ours.Issue(auth.GuestRef)
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{"iss": issuerURL, "sub": auth.GuestRef, "aud": "backstage", "iat": noon.Unix(), "exp": noon.Add(time.Hour).Unix()}
	sign := func(change func(*jwt.Token)) string {
		token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
		token.Header["typ"], token.Header["kid"] = "vnd.backstage.user", ours.KeySet().Keys[0].ID
		change(token)
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if _, err := v.Authenticate(t.Context(), []string{"Bearer " + sign(func(*jwt.Token) {})}); err != nil {
		t.Fatalf("the forger's tool makes no good tokens: %v", err)
	}
	parts, foreignParts := strings.Split(own, "."), strings.Split(foreign, ".")
	for name, token := range map[string]string{
		"another key":                foreign,
		"another key under our name": parts[0] + "." + foreignParts[1] + "." + foreignParts[2],
		"claims exchanged":           parts[0] + "." + foreignParts[1] + "." + parts[2],
		"no signature":               parts[0] + "." + parts[1] + ".",
		"an access token":            sign(func(k *jwt.Token) { k.Header["typ"] = "at+jwt" }),
		"no type":                    sign(func(k *jwt.Token) { delete(k.Header, "typ") }),
		"a limited token":            sign(func(k *jwt.Token) { k.Header["typ"] = "vnd.backstage.limited-user" }),
		"another key id":             sign(func(k *jwt.Token) { k.Header["kid"] = "../other" }),
		"a key brought along":        sign(func(k *jwt.Token) { k.Header["jwk"] = map[string]string{"kty": "EC"} }),
	} {
		if _, err := v.Authenticate(t.Context(), []string{"Bearer " + token}); !errors.Is(err, errs.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, value := range map[string]any{"iss": "http://127.0.0.1:7008/api/auth", "aud": []string{"backstage", "other"}, "sub": "group:default/platform", "exp": noon.Add(30 * time.Hour).Unix(), "iat": noon.Add(time.Hour).Unix()} {
		text := sign(func(k *jwt.Token) {
			changed := jwt.MapClaims{}
			for n, v := range claims {
				changed[n] = v
			}
			changed[name] = value
			k.Claims = changed
		})
		if _, err := v.Authenticate(t.Context(), []string{"Bearer " + text}); !errors.Is(err, errs.Unauthenticated) {
			t.Errorf("%s %v: %v", name, value, err)
		}
	}
}

func TestAKeyIsReadAsItWasMade(t *testing.T) {
	t.Parallel()
	text, err := usertoken.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := usertoken.ParseKey(text); err != nil {
		t.Error(err)
	}
	for name, damaged := range map[string]string{
		"empty": "", "cut": string(text[:60]), "another kind": strings.ReplaceAll(string(text), "PRIVATE KEY", "CERTIFICATE"),
		"another curve": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n",
	} {
		if _, err := usertoken.ParseKey([]byte(damaged)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestWhatAnIssuerNeeds(t *testing.T) {
	t.Parallel()
	_, key := newIssuer(t, clock.NewManual(noon))
	for name, c := range map[string]usertoken.Config{
		"URL": {Key: key, Clock: clock.System{}}, "a URL without slash": {URL: issuerURL + "/", Key: key, Clock: clock.System{}},
		"key": {URL: issuerURL, Clock: clock.System{}}, "clock": {URL: issuerURL, Key: key},
	} {
		if _, err := usertoken.New(c); err == nil {
			t.Errorf("without %s there is an issuer", name)
		}
	}
}
