package websource

import (
	"net/netip"
	"testing"
)

func TestAddressesThatMayBeDialled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, ip string
		want     bool
	}{
		{"docs.example.com", "1.1.1.1", true},
		{"docs.example.com", "::ffff:1.1.1.1", true},
		{"docs.example.com", "2606:4700::1111", true},
		{"docs.example.com", "10.0.0.1", false},
		{"docs.example.com", "4000::1", false},
		{"10.0.0.1", "10.0.0.1", true},
		{"10.0.0.1", "10.0.0.2", false},
		{"1.1.1.1", "1.0.0.1", false},
		{"fd00::1", "fd00::1", true},
		{"localhost", "127.0.0.1", true},
		{"localhost", "::1", true},
		{"localhost", "10.0.0.1", false},
		{"localhost.example.com", "127.0.0.1", false},
	} {
		if got := mayDial(c.name, netip.MustParseAddr(c.ip)); got != c.want {
			t.Errorf("%s at %s: %t", c.name, c.ip, got)
		}
	}
}
