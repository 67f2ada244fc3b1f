package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The limits of claims.
const (
	maxName   = 255 // bytes of a subject, user name, group or scope; sub is at most 255 (OIDC Core §2)
	maxGroups = 500
)

// registered are the claims that decide something. In another case they are not these
// claims, but a reader that ignores case would take them for it.
var registered = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scp", "scope", "groups", "cid", "client_id", "azp"}

// idTokenClaims are only found in ID tokens (OIDC Core §2, §3.1.3.6): those tell a client
// who signed in and are no proof towards an API.
var idTokenClaims = []string{"nonce", "at_hash", "c_hash", "s_hash"}

// claims are a token's claims in Go's types.
type claims struct {
	issuer, subject, tokenID, client string
	username                         string
	audiences, groups, scopes        []string
	expires, notBefore, issuedAt     time.Time // zero when absent
	ownBehalf                        bool      // the client itself, not a user of it
}

// reader reads members and remembers the first that is of a wrong type or not printable.
type reader struct {
	members map[string]json.RawMessage
	err     error
}

// readClaims refuses wrong types and unprintable text; it holds nothing against a policy.
func readClaims(m map[string]json.RawMessage, usernameClaim string) (claims, error) {
	if err := refuseLookalikes(m); err != nil {
		return claims{}, err
	}
	r := &reader{members: m}
	c := claims{
		issuer: r.text("iss", maxName), subject: r.text("sub", maxName), tokenID: r.text("jti", maxName),
		client: r.client(), username: r.text(usernameClaim, maxName),
		audiences: r.list("aud"), groups: sortedDistinct(r.list("groups")), scopes: sortedDistinct(r.scopes()),
		expires: r.instant("exp"), notBefore: r.instant("nbf"), issuedAt: r.instant("iat"),
	}
	c.ownBehalf = c.client != "" && c.client == c.subject
	return c, r.err
}

func (r *reader) text(name string, most int) string {
	return first(r, func() (string, error) { return text(r.members, name, most) })
}

func (r *reader) list(name string) []string {
	return first(r, func() ([]string, error) { return list(r.members, name) })
}

func (r *reader) instant(name string) time.Time {
	return first(r, func() (time.Time, error) { return instant(r.members, name) })
}

func first[T any](r *reader, read func() (T, error)) T {
	v, err := read()
	if r.err == nil {
		r.err = err
	}
	return v
}

// scopes takes Okta's array scp or the space-separated scope (RFC 9068 §2.2.3).
func (r *reader) scopes() []string {
	if _, found := r.members["scp"]; found {
		return r.list("scp")
	}
	return strings.Fields(r.text("scope", 4*maxName))
}

// client takes the client's id under the name that the issuer uses: cid (Okta), client_id
// (RFC 9068), azp (OIDC Core). A token whose subject is its client was granted to the
// client itself.
func (r *reader) client() string {
	for _, name := range []string{"cid", "client_id", "azp"} {
		if s := r.text(name, maxName); s != "" {
			return s
		}
	}
	return ""
}

func refuseLookalikes(m map[string]json.RawMessage) error {
	for name := range m {
		if l := strings.ToLower(name); l != name && slices.Contains(registered, l) {
			return fmt.Errorf("a claim differs from %s in case only", l)
		}
	}
	for _, name := range idTokenClaims {
		if _, found := m[name]; found {
			return errors.New("this is an ID token, an access token is due")
		}
	}
	for _, name := range []string{"token_type", "typ", "token_use"} { // Keycloak, Cognito and others
		if s, _ := text(m, name, 32); strings.EqualFold(s, "id") || strings.EqualFold(s, "id_token") {
			return errors.New("this is an ID token, an access token is due")
		}
	}
	return nil
}

// text gives a member that must be a string if it is there.
func text(m map[string]json.RawMessage, name string, most int) (string, error) {
	raw, found := m[name]
	if !found {
		return "", nil
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", fmt.Errorf("%s is not a string", name)
	}
	return *s, printable(name, *s, most)
}

// printable refuses what could forge a log line or a terminal's display: control
// characters, line separators, invisible and bidirectional formatting.
func printable(name, s string, most int) error {
	if len(s) > most {
		return fmt.Errorf("%s is longer than %d bytes", name, most)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return fmt.Errorf("%s holds unprintable characters", name)
	}
	return nil
}

// list gives a member that must be an array of strings if it is there; aud and scp may be
// one string as well (RFC 7519 §4.1.3).
func list(m map[string]json.RawMessage, name string) ([]string, error) {
	raw, found := m[name]
	if !found {
		return nil, nil
	}
	if raw[0] == '"' && name != "groups" {
		s, err := text(m, name, maxName)
		return []string{s}, err
	}
	if bytes.Count(raw, []byte(`","`)) >= maxGroups { // before making a thousand strings
		return nil, fmt.Errorf("%s has more than %d values", name, maxGroups)
	}
	var values []*string
	if err := json.Unmarshal(raw, &values); err != nil || values == nil {
		return nil, fmt.Errorf("%s is not an array of strings", name)
	}
	if len(values) > maxGroups {
		return nil, fmt.Errorf("%s has more than %d values", name, maxGroups)
	}
	out := make([]string, 0, len(values))
	for _, v := range values {
		if v == nil || *v == "" {
			return nil, fmt.Errorf("%s holds something else than a name", name)
		}
		if err := printable(name, *v, maxName); err != nil {
			return nil, err
		}
		out = append(out, *v)
	}
	return out, nil
}

// maxInstant is the year 2286: the last second that is written with ten digits.
const maxInstant = 9_999_999_999

// instant gives a NumericDate (RFC 7519 §2) in plain notation.
func instant(m map[string]json.RawMessage, name string) (time.Time, error) {
	raw, found := m[name]
	if !found {
		return time.Time{}, nil
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || strings.ContainsAny(string(raw), "eE") || n < 1 || n > maxInstant {
		return time.Time{}, fmt.Errorf("%s is not a time in seconds", name)
	}
	whole, frac := math.Modf(n)
	return time.Unix(int64(whole), int64(frac*1e9)).UTC(), nil
}

func sortedDistinct(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}
