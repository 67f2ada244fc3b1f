package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

var noon = time.Date(2026, 11, 20, 13, 4, 0, 0, time.UTC)

var (
	current  = "whsec_" + base64.StdEncoding.EncodeToString([]byte("the current signing key of tests"))
	previous = "whsec_" + base64.StdEncoding.EncodeToString([]byte("the previous signing key"))
)

// signature is that of https://www.standardwebhooks.com, written down a second time.
func signature(secret, id string, at time.Time, body string) string {
	key, err := base64.StdEncoding.DecodeString(secret[len("whsec_"):])
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func signedHeaders(secret string, at time.Time, body string) Headers {
	return Headers{
		"Webhook-Id": {"msg-1"}, "Webhook-Timestamp": {fmt.Sprint(at.Unix())},
		"Webhook-Signature": {signature(secret, "msg-1", at, body)},
	}
}

func with(h Headers, name string, values ...string) Headers {
	out := maps.Clone(h)
	if out == nil {
		out = Headers{}
	}
	out[name] = values
	if len(values) == 0 {
		delete(out, name)
	}
	return out
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const body = `{"object_kind":"push"}`
	both := Secrets{Tokens: []string{"token-now", "token-before"}, Signing: []string{current, previous}}
	tokensOnly := Secrets{Tokens: []string{"token-now", "token-before"}}
	good := signedHeaders(current, noon, body)
	for name, c := range map[string]struct {
		headers Headers
		secrets Secrets
		ok      bool
	}{
		"signature":                             {good, both, true},
		"signature with the previous key":       {signedHeaders(previous, noon, body), both, true},
		"lower-case header names":               {Headers{"webhook-id": good["Webhook-Id"], "webhook-timestamp": good["Webhook-Timestamp"], "webhook-signature": good["Webhook-Signature"]}, both, true},
		"several signatures, one right":         {with(good, "Webhook-Signature", "v1,AAAA v2,x "+good["Webhook-Signature"][0]), both, true},
		"five minutes old":                      {signedHeaders(current, noon.Add(-5*time.Minute), body), both, true},
		"five minutes ahead":                    {signedHeaders(current, noon.Add(5*time.Minute), body), both, true},
		"older":                                 {signedHeaders(current, noon.Add(-5*time.Minute-time.Second), body), both, false},
		"further ahead":                         {signedHeaders(current, noon.Add(5*time.Minute+time.Second), body), both, false},
		"another body":                          {signedHeaders(current, noon, body+" "), both, false},
		"another key":                           {signedHeaders("whsec_"+base64.StdEncoding.EncodeToString([]byte("x")), noon, body), both, false},
		"another id":                            {with(good, "Webhook-Id", "msg-2"), both, false},
		"no id":                                 {with(good, "Webhook-Id"), both, false},
		"no time":                               {with(good, "Webhook-Timestamp"), both, false},
		"time that is no number":                {with(good, "Webhook-Timestamp", "now"), both, false},
		"negative time":                         {with(good, "Webhook-Timestamp", "-1"), both, false},
		"repeated time":                         {with(good, "Webhook-Timestamp", good["Webhook-Timestamp"][0], "1"), both, false},
		"repeated signature header":             {with(good, "Webhook-Signature", good["Webhook-Signature"][0], "v1,x"), both, false},
		"bad signature, good token":             {with(with(good, "Webhook-Signature", "v1,AAAA"), "X-Gitlab-Token", "token-now"), both, false},
		"signature of another version":          {with(good, "Webhook-Signature", "v1a,"+good["Webhook-Signature"][0][3:]), both, false},
		"right one behind eight wrong ones":     {with(good, "Webhook-Signature", wrong(8)+good["Webhook-Signature"][0]), both, false},
		"token":                                 {Headers{"X-Gitlab-Token": {"token-now"}}, both, true},
		"previous token":                        {Headers{"X-Gitlab-Token": {"token-before"}}, tokensOnly, true},
		"wrong token":                           {Headers{"X-Gitlab-Token": {"token-noW"}}, tokensOnly, false},
		"beginning of the token":                {Headers{"X-Gitlab-Token": {"token"}}, tokensOnly, false},
		"empty token":                           {Headers{"X-Gitlab-Token": {""}}, Secrets{Tokens: []string{""}}, false},
		"token although none is set":            {Headers{"X-Gitlab-Token": {"x"}}, Secrets{}, false},
		"repeated token":                        {Headers{"X-Gitlab-Token": {"token-now", "token-now"}}, tokensOnly, false},
		"token twice in different cases":        {Headers{"X-Gitlab-Token": {"token-now"}, "x-gitlab-token": {"x"}}, tokensOnly, false},
		"nothing":                               {Headers{}, both, false},
		"signature that nobody can check":       {good, tokensOnly, false},
		"signature nobody can check, and token": {with(good, "X-Gitlab-Token", "token-now"), tokensOnly, true},
		"token where only signatures count":     {Headers{"X-Gitlab-Token": {"token-now"}}, Secrets{Signing: []string{current}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := verify(Delivery{Headers: c.headers, Body: []byte(body)}, c.secrets, noon)
			if c.ok != (err == nil) || (err != nil && !errors.Is(err, errs.Unauthenticated)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// wrong gives n well-formed signatures that are wrong.
func wrong(n int) string {
	out := ""
	for range n {
		out += "v1," + base64.StdEncoding.EncodeToString(make([]byte, sha256.Size)) + " "
	}
	return out
}

func TestMalformedSigningSecretsAreOurFault(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"plain", "whsec_", "whsec_***"} {
		_, err := verify(Delivery{Headers: signedHeaders(current, noon, "")}, Secrets{Signing: []string{s}}, noon)
		if errs.KindOf(err) != errs.Internal {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

func BenchmarkVerify64KB(b *testing.B) {
	body := string(make([]byte, 64<<10))
	d := Delivery{Headers: signedHeaders(current, noon, body), Body: []byte(body)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verify(d, Secrets{Signing: []string{current}}, noon); err != nil {
			b.Fatal(err)
		}
	}
}
