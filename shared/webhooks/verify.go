package webhooks

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxSkew is how old or new a signed delivery may be.
const maxSkew = 5 * time.Minute

// maxSignatures is how many signatures of one header are looked at.
const maxSignatures = 8

// signingPrefix marks a signing secret (Standard Webhooks).
const signingPrefix = "whsec_"

// Secrets prove that a delivery comes from GitLab. Each list holds the current secret and,
// while it is being replaced, the previous one.
type Secrets struct {
	Tokens  []string // sent in clear as X-Gitlab-Token
	Signing []string // "whsec_" and base64: keys of HMAC-SHA256 signatures
}

// SecretSource gives the secrets that are valid now.
type SecretSource interface {
	WebhookSecrets(ctx context.Context) (Secrets, error)
}

// WebhookSecrets makes fixed secrets a source of themselves.
func (s Secrets) WebhookSecrets(context.Context) (Secrets, error) { return s, nil }

var _ SecretSource = Secrets{}

// Headers are a delivery's headers; names are compared without case.
type Headers map[string][]string

// one gives the value of a header that must not be repeated, "" when it is not there.
func (h Headers) one(name string) (string, error) {
	var values []string
	for n, v := range h {
		if strings.EqualFold(n, name) {
			values = append(values, v...)
		}
	}
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", fmt.Errorf("the header %s is repeated", name)
}

// refused says the same whatever was wrong.
func refused(reason error) error {
	return errs.Wrap(errs.Unauthenticated, "the delivery does not prove that it comes from GitLab", reason)
}

// verify proves a delivery by its signature if it has one that we can check, else by its
// token. A wrong signature is never made good by a right token.
func verify(d Delivery, s Secrets, now time.Time) (signed bool, err error) {
	signature, err := d.Headers.one("Webhook-Signature")
	if err != nil {
		return false, refused(err)
	}
	if signature == "" || len(s.Signing) == 0 {
		return false, verifyToken(d, s.Tokens)
	}
	keys, err := signingKeys(s.Signing)
	if err != nil {
		return false, err
	}
	return true, verifySignature(d, signature, keys, now)
}

// verifyToken compares digests, so that the time taken tells neither text nor length.
func verifyToken(d Delivery, tokens []string) error {
	given, err := d.Headers.one("X-Gitlab-Token")
	if err != nil {
		return refused(err)
	}
	if given == "" {
		return refused(errors.New("neither a signature to check nor a token"))
	}
	sum, ok := sha256.Sum256([]byte(given)), false
	for _, t := range tokens {
		want := sha256.Sum256([]byte(t))
		ok = (hmac.Equal(sum[:], want[:]) && t != "") || ok
	}
	if !ok {
		return refused(errors.New("another token"))
	}
	return nil
}

// verifySignature checks the HMAC over "id.timestamp.body" with every key.
func verifySignature(d Delivery, header string, keys [][]byte, now time.Time) error {
	id, errID := d.Headers.one("Webhook-Id")
	stamp, errStamp := d.Headers.one("Webhook-Timestamp")
	if err := errors.Join(errID, errStamp); err != nil {
		return refused(err)
	}
	if id == "" {
		return refused(errors.New("a signature without an id"))
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || seconds < 0 {
		return refused(errors.New("a signature without a time"))
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > maxSkew || age < -maxSkew {
		return refused(errors.New("the time of the signature is too far off"))
	}
	if !anyMatches(signatures(header), keys, []byte(id+"."+stamp+"."), d.Body) {
		return refused(errors.New("another signature"))
	}
	return nil
}

func anyMatches(given, keys [][]byte, prefix, body []byte) bool {
	ok := false
	for _, k := range keys {
		mac := hmac.New(sha256.New, k)
		mac.Write(prefix)
		mac.Write(body)
		sum := mac.Sum(nil)
		for _, g := range given {
			ok = hmac.Equal(g, sum) || ok
		}
	}
	return ok
}

// signatures gives the signatures of version 1 in a header such as "v1,<base64> v1,<base64>".
func signatures(header string) [][]byte {
	var out [][]byte
	for _, f := range strings.Fields(header) {
		encoded, ok := strings.CutPrefix(f, "v1,")
		if !ok || len(out) == maxSignatures {
			continue
		}
		if sum, err := base64.StdEncoding.DecodeString(encoded); err == nil && len(sum) == sha256.Size {
			out = append(out, sum)
		}
	}
	return out
}

// signingKeys decodes our own secrets; that they are malformed is our fault, not the
// caller's.
func signingKeys(secrets []string) ([][]byte, error) {
	var out [][]byte
	for _, s := range secrets {
		encoded, ok := strings.CutPrefix(s, signingPrefix)
		key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
		if !ok || err != nil || len(key) == 0 {
			return nil, errs.New(errs.Internal, "a webhook signing secret is not whsec_ and base64")
		}
		out = append(out, key)
	}
	return out, nil
}
