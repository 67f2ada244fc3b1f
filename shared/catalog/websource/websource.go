package websource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/descriptor"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The limits of reading one file.
const (
	readTimeout    = 10 * time.Second
	maxBytes       = descriptor.MaxFileBytes
	maxHeaderBytes = 64 << 10
	maxRedirects   = 3
	maxURLBytes    = 800
)

// Config is what a Source needs.
type Config struct {
	// Host is asked first, and for everything that is not on the hosts below: the GitLab.
	Host catalog.Source
	// Hosts may be read besides, each "HOST" (its default port) or "HOST:PORT".
	Hosts []string
	// Resolver looks up their names; the system's when nil.
	Resolver *net.Resolver
}

// Source reads catalog files of GitLab and of the hosts that may be read besides.
type Source struct {
	host     catalog.Source
	hosts    []host
	resolver *net.Resolver
	client   *http.Client
}

var _ catalog.Source = (*Source)(nil)

// New makes a source; it sends nothing yet.
func New(c Config) (*Source, error) {
	if c.Host == nil {
		return nil, errors.New("the catalog's source needs a source code host")
	}
	hosts, err := parseHosts(c.Hosts)
	if err != nil {
		return nil, err
	}
	s := &Source{host: c.Host, hosts: hosts, resolver: c.Resolver}
	s.client = &http.Client{Timeout: readTimeout, CheckRedirect: s.redirect, Transport: &http.Transport{
		DialContext: s.dial, DisableCompression: true, MaxResponseHeaderBytes: maxHeaderBytes, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: readTimeout, IdleConnTimeout: time.Minute, MaxConnsPerHost: 8,
	}} // Proxy stays unset: a proxy would look up names itself
	return s, nil
}

// Resolve reads the URL of a file.
func (s *Source) Resolve(ctx context.Context, text string) (catalog.FileRef, error) {
	f, err := s.host.Resolve(ctx, text)
	if errs.KindOf(err) != errs.Invalid || len(s.hosts) == 0 {
		return f, err
	}
	u, bad := url.Parse(text)
	if bad != nil {
		return catalog.FileRef{}, err
	}
	f, bad = s.file(u)
	if bad != nil {
		return catalog.FileRef{}, errs.New(errs.Invalid, fmt.Sprintf("%s; or one on another host that may be read, but %s", errs.Message(err), errs.Message(bad)))
	}
	return f, nil
}

// file gives the reference to a file of a host that may be read.
func (s *Source) file(u *url.URL) (catalog.FileRef, error) {
	origin, err := s.origin(u)
	if err != nil {
		return catalog.FileRef{}, err
	}
	p := strings.TrimSuffix(u.Path, "/")
	if p != "" && path.Clean(p) != p || strings.ContainsFunc(u.RawQuery, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return catalog.FileRef{}, errs.New(errs.Invalid, "the URL's path or query is written in an unusual way")
	}
	if strings.Contains(u.Path, "*") {
		return catalog.FileRef{}, errs.New(errs.Invalid, "the host's files can't be listed, so there can be no wildcards")
	}
	f := catalog.FileRef{Project: origin, Path: strings.TrimPrefix(u.EscapedPath(), "/")}
	if u.RawQuery != "" {
		f.Path += "?" + u.RawQuery
	}
	if len(f.Path)+len(origin) > maxURLBytes {
		return catalog.FileRef{}, errs.New(errs.Invalid, fmt.Sprintf("the URL is longer than %d bytes", maxURLBytes))
	}
	return f, nil
}

// Relative gives a file of the same host, by the rules of RFC 3986 §5.
func (s *Source) Relative(from catalog.FileRef, target string) (catalog.FileRef, error) {
	if !from.Web() {
		return s.host.Relative(from, target)
	}
	base, err := url.Parse(s.URL(from))
	if err != nil {
		return catalog.FileRef{}, errs.Wrap(errs.Internal, "a stored URL can't be read", err)
	}
	to, err := url.Parse(target)
	if err != nil || target == "" || to.IsAbs() || to.Host != "" || to.User != nil || to.Opaque != "" {
		return catalog.FileRef{}, errs.New(errs.Invalid, "must be a URL or a path")
	}
	return s.file(base.ResolveReference(to))
}

// URL gives the URL of a file.
func (s *Source) URL(f catalog.FileRef) string {
	if !f.Web() {
		return s.host.URL(f)
	}
	return f.Project + "/" + f.Path
}

// Head gives the commit of a branch, Unversioned for a host without commits.
func (s *Source) Head(ctx context.Context, project, ref string) (string, error) {
	if (catalog.FileRef{Project: project}).Web() {
		return catalog.Unversioned, nil
	}
	return s.host.Head(ctx, project, ref)
}

// List gives the files of a project; Invalid for a host without projects.
func (s *Source) List(ctx context.Context, project, commit, folder string) ([]string, error) {
	if (catalog.FileRef{Project: project}).Web() {
		return nil, errs.New(errs.Invalid, "the host's files can't be listed")
	}
	return s.host.List(ctx, project, commit, folder)
}

// Read gets a file. It asks anew whether the host may be read: the file may have become
// known when the list was another.
func (s *Source) Read(ctx context.Context, f catalog.FileRef, commit string) ([]byte, error) {
	if !f.Web() {
		return s.host.Read(ctx, f, commit)
	}
	u, err := url.Parse(s.URL(f))
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "a stored URL can't be read", err)
	}
	if _, err := s.file(u); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "a request can't be made", err)
	}
	req.Header.Set("User-Agent", "slipway")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, unreachable(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return content(resp)
}

func unreachable(err error) error {
	if errors.Is(err, errInside) {
		return errs.Wrap(errs.Forbidden, "the host's name leads to an address that may not be read", err)
	}
	return errs.Wrap(errs.Unavailable, "the host does not answer", err)
}

// content reads an answer. Nothing but 404 and 410 says that the file is not there.
func content(resp *http.Response) ([]byte, error) {
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
	case code == http.StatusNotFound, code == http.StatusGone:
		return nil, errs.New(errs.NotFound, "there is no such file")
	case code == http.StatusTooManyRequests:
		return nil, errs.New(errs.RateLimited, "the host wants fewer requests")
	case code >= 500:
		return nil, errs.New(errs.Unavailable, fmt.Sprintf("the host answers %d", code))
	case code >= 300 && code < 400:
		return nil, errs.New(errs.Invalid, "the host leads on to another place, which is not followed")
	default:
		return nil, errs.New(errs.Forbidden, fmt.Sprintf("the host answers %d", code))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBytes+1))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "the host's answer breaks off", err)
	}
	if len(body) > maxBytes {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("the file takes more than %d bytes", maxBytes))
	}
	return body, nil
}

// redirect follows within the origin that was asked; anywhere else the answer is the
// redirect itself.
func (s *Source) redirect(req *http.Request, via []*http.Request) error {
	f, err := s.file(req.URL)
	first := via[0].URL
	if err != nil || f.Project != first.Scheme+"://"+first.Host || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	req.Header.Del("Referer")
	return nil
}
