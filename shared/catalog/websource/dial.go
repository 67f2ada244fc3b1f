package websource

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// errInside says that a name led to an address that it must not lead to.
var errInside = errors.New("the address lies inside the network")

const dialTimeout = 5 * time.Second

// dial connects to a host of the list. The check stands between the lookup and the
// connection: there is no second lookup that could give another answer (DNS rebinding).
func (s *Source) dial(ctx context.Context, network, address string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dialling: %w", err)
	}
	d := net.Dialer{Timeout: dialTimeout, Resolver: s.resolver, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !mayDial(name, to.Addr()) {
			return errInside
		}
		return nil
	}}
	return d.DialContext(ctx, network, address)
}

// mayDial reports whether a name of the list may lead to an address: any of the public
// internet; another one only when the list names it as it is.
func mayDial(name string, ip netip.Addr) bool {
	ip = ip.Unmap()
	if named, err := netip.ParseAddr(name); err == nil {
		return named == ip
	}
	return public(ip) || name == "localhost" && ip.IsLoopback()
}

// global are the addresses of the public internet, special those among them that are not
// (IANA's registries of special-purpose addresses, RFC 6890, and of global unicast ones).
var (
	global  = prefixes("0.0.0.0/0", "2000::/3")
	special = prefixes(
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

func public(ip netip.Addr) bool {
	within := func(p netip.Prefix) bool { return p.Contains(ip) }
	return slices.ContainsFunc(global, within) && !slices.ContainsFunc(special, within)
}
