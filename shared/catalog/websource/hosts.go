package websource

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// host is one that may be read.
type host struct {
	name string // normalised
	port string // "" for the default port of the scheme
}

// parseHosts reads the list of hosts, each "HOST" or "HOST:PORT".
func parseHosts(list []string) ([]host, error) {
	var out []host
	for _, text := range list {
		h, err := parseHost(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("the host %s that may be read: %w", errs.Clip(text), err)
		}
		out = append(out, h)
	}
	return out, nil
}

func parseHost(text string) (host, error) {
	u, err := url.Parse("https://" + text)
	if err != nil || u.Host != text || strings.HasSuffix(text, ":") {
		return host{}, errors.New("must be HOST or HOST:PORT")
	}
	name, err := normalise(u.Hostname())
	if err != nil {
		return host{}, err
	}
	return host{name: name, port: u.Port()}, validPort(u.Port())
}

func validPort(port string) error {
	if port == "" {
		return nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] < '1' || port[0] > '9' {
		return errors.New("the port must be a number from 1 to 65535")
	}
	return nil
}

// normalise gives a name or an address the one way it is compared: lower case, without the
// dot at the end. Refused is what different programs read differently: addresses in any but
// their usual form, and names that are not ASCII (write them as xn--…).
func normalise(name string) (string, error) {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if ip, err := netip.ParseAddr(name); err == nil {
		if ip.Zone() != "" || ip.Is4In6() || ip.String() != name {
			return "", errors.New("must be an address in its usual form")
		}
		return name, nil
	}
	labels := strings.Split(name, ".")
	if len(name) > 253 || !slices.ContainsFunc([]byte(labels[len(labels)-1]), isLetter) || strings.HasPrefix(labels[len(labels)-1], "0x") {
		return "", errors.New("must be the name of a host or an address in its usual form")
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notInLabel) {
			return "", errors.New("must be the name of a host, in ASCII")
		}
	}
	return name, nil
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

func notInLabel(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }

// loopback reports whether a normalised name means this machine.
func loopback(name string) bool {
	ip, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && ip.IsLoopback()
}

// origin gives the origin of a URL when its host may be read, written the one way it is.
func (s *Source) origin(u *url.URL) (string, error) {
	name, err := normalise(u.Hostname())
	if err != nil {
		return "", errs.New(errs.Invalid, "the URL's host "+err.Error())
	}
	secure := u.Scheme == "https"
	switch {
	case u.User != nil || u.Opaque != "" || strings.HasSuffix(u.Host, ":") || validPort(u.Port()) != nil:
		return "", errs.New(errs.Invalid, "the URL must be a scheme, a host and a path")
	case !secure && (u.Scheme != "http" || !loopback(name)):
		return "", errs.New(errs.Invalid, "the URL must begin with https")
	}
	standard := map[bool]string{true: "443", false: "80"}[secure]
	port := u.Port()
	if port == "" {
		port = standard
	}
	if !slices.ContainsFunc(s.hosts, func(h host) bool { return h.name == name && (h.port == port || h.port == "" && port == standard) }) {
		return "", errs.New(errs.Invalid, "the URL's host is none that may be read")
	}
	authority := name
	if strings.Contains(name, ":") {
		authority = "[" + name + "]"
	}
	if port != standard {
		authority += ":" + port
	}
	return u.Scheme + "://" + authority, nil
}
