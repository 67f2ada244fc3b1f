package jwks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxDocument is the largest discovery document or key set in bytes.
const maxDocument = 256 << 10

const maxRedirects = 3

// checkURL takes https, and http on loopback, without a user or a fragment.
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return errs.New(errs.Invalid, "the address of the issuer or its keys is not a plain URL")
	case u.Scheme == "https" || (u.Scheme == "http" && isLoopback(u.Hostname())):
		return nil
	}
	return errs.New(errs.Invalid, "the address of the issuer or its keys must be https")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// newClient follows redirects only within the host and scheme that was asked.
func newClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
				return errors.New("redirected to another host")
			}
			if len(via) > maxRedirects {
				return errors.New("redirected too often")
			}
			return nil
		},
	}
}

// fetch gives the present key set of the issuer.
func (s *Source) fetch(ctx context.Context) (*keySet, error) {
	where := s.cfg.URL
	if where == "" {
		var err error
		if where, err = s.discover(ctx); err != nil {
			return nil, err
		}
	}
	body, header, err := s.get(ctx, where)
	if err != nil {
		return nil, fmt.Errorf("reading the key set: %w", err)
	}
	keys, dropped, err := parse(body)
	if err != nil {
		return nil, fmt.Errorf("parsing the key set: %w", err)
	}
	for _, reason := range dropped {
		s.cfg.Logger.InfoContext(ctx, "a key of the issuer is not used", "reason", reason)
	}
	now := s.cfg.Clock.Now()
	return &keySet{keys: keys, fetched: now, expires: now.Add(lifetime(header))}, nil
}

// discover reads the address of the key set from the issuer's discovery document
// (OpenID Connect Discovery 1.0 §4), which must be about this very issuer.
func (s *Source) discover(ctx context.Context) (string, error) {
	body, _, err := s.get(ctx, strings.TrimSuffix(s.cfg.Issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return "", fmt.Errorf("reading the discovery document: %w", err)
	}
	var doc struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return "", fmt.Errorf("parsing the discovery document: %w", err)
	}
	if doc.Issuer != s.cfg.Issuer {
		return "", errors.New("the discovery document is about another issuer")
	}
	return doc.Keys, checkURL(doc.Keys)
}

func (s *Source) get(ctx context.Context, where string) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err == nil && len(body) > maxDocument {
		err = fmt.Errorf("larger than %d bytes", maxDocument)
	}
	return body, resp.Header, err
}

// lifetime reads max-age (RFC 9111 §5.2.2) within our bounds; without it, or with no-cache
// or no-store, a set lives as short as we allow.
func lifetime(h http.Header) time.Duration {
	ttl := minTTL
	for _, d := range strings.Split(strings.Join(h.Values("Cache-Control"), ","), ",") {
		d = strings.ToLower(strings.TrimSpace(d))
		if d == "no-cache" || d == "no-store" {
			return minTTL
		}
		if v, ok := strings.CutPrefix(d, "max-age="); ok {
			seconds, err := strconv.ParseUint(strings.Trim(v, `"`), 10, 31)
			if err == nil {
				ttl = time.Duration(seconds) * time.Second
			}
		}
	}
	return min(max(ttl, minTTL), maxTTL)
}
