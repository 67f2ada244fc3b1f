package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

// The limits of a token, all far above what issuers make.
const (
	maxTokenBytes = 8 << 10
	maxDepth      = 16
	maxKeyID      = 128
)

const scheme = "Bearer "

// dangerousHeaders change what a verifier would do. Whoever holds a token chose them, so a
// token that has one is refused rather than trusted to be ignored: crit (RFC 7515
// §4.1.11), b64 (RFC 7797), keys and certificates brought along, nesting, compression and
// encryption.
var dangerousHeaders = []string{"crit", "b64", "jku", "jwk", "x5u", "x5c", "cty", "zip", "enc"}

// untrusted is a token whose text is acceptable but whose signature is not yet verified.
type untrusted struct {
	algorithm string
	keyID     string
	claims    map[string]json.RawMessage
}

// bearer takes the token out of the values of the Authorization header: exactly one, with
// exactly one token. API Gateway joins repeated headers by commas; no token holds one.
func bearer(authorization []string) (string, error) {
	switch {
	case len(authorization) == 0:
		return "", errors.New("no Authorization header")
	case len(authorization) > 1:
		return "", errors.New("more than one Authorization header")
	}
	token, ok := strings.CutPrefix(authorization[0], scheme)
	if !ok {
		return "", errors.New("the Authorization header is not of the Bearer scheme")
	}
	return token, nil
}

// precheck refuses every token that is not a plain compact JWS (RFC 7515 §3.1) in its one
// canonical spelling, or whose JSON two readers could understand differently.
func precheck(raw string, types []string) (untrusted, error) {
	if strings.Count(raw, ".") != 2 {
		return untrusted{}, errors.New("the token does not have three parts")
	}
	parts := strings.Split(raw, ".")
	header, err := object(parts[0])
	if err != nil {
		return untrusted{}, fmt.Errorf("header: %w", err)
	}
	var u untrusted
	if err := u.readHeader(header, types); err != nil {
		return untrusted{}, err
	}
	if u.claims, err = object(parts[1]); err != nil {
		return untrusted{}, fmt.Errorf("claims: %w", err)
	}
	if signature, err := decode(parts[2]); err != nil || len(signature) == 0 {
		return untrusted{}, errors.New("the signature is missing or not base64url")
	}
	return u, nil
}

// decode takes base64url without padding, in canonical form only (RFC 7515 §2).
// encoding/base64 skips line breaks, so these are looked for first.
func decode(part string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") {
		return nil, errors.New("line break")
	}
	return base64.RawURLEncoding.Strict().DecodeString(part)
}

func object(part string) (map[string]json.RawMessage, error) {
	data, err := decode(part)
	if err != nil {
		return nil, errors.New("not base64url")
	}
	report, err := strictjson.Scan(data, maxDepth)
	switch {
	case err != nil:
		return nil, err
	case len(report.Duplicates) > 0:
		return nil, errors.New("a member is given more than once")
	case report.Escaped:
		return nil, errors.New("a member's name is written with escapes")
	case len(data) == 0 || data[0] != '{':
		return nil, errors.New("not a JSON object")
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, errors.New("not a JSON object")
	}
	return out, nil
}

func (u *untrusted) readHeader(h map[string]json.RawMessage, types []string) error {
	for _, name := range dangerousHeaders {
		if _, found := h[name]; found {
			return fmt.Errorf("the header has %s", name)
		}
	}
	var err error
	if u.algorithm, err = text(h, "alg", 16); err != nil {
		return err
	}
	if u.keyID, err = text(h, "kid", maxKeyID); err != nil {
		return err
	}
	if u.keyID == "" {
		return errors.New("the header has no kid")
	}
	typ, err := text(h, "typ", 64)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(t, typ) }) {
		return errors.New("the token is of another type")
	}
	return nil
}
