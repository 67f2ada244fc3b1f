package websource_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/websource"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func TestAFileIsReadWithoutCredentials(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		_, _ = w.Write([]byte("kind: Component\n"))
	})
	s := newSource(t, addr)
	f, err := s.Resolve(t.Context(), "http://"+addr+"/a%20b.yaml?x=1")
	if err != nil {
		t.Fatal(err)
	}
	body, err := s.Read(t.Context(), f, catalog.Unversioned)
	if err != nil || string(body) != "kind: Component\n" {
		t.Fatalf("%q %v", body, err)
	}
	if seen.Method != http.MethodGet || seen.RequestURI != "/a%20b.yaml?x=1" || seen.Host != addr ||
		seen.Header.Get("Authorization")+seen.Header.Get("Cookie")+seen.Header.Get("Referer")+seen.Header.Get("Accept-Encoding") != "" {
		t.Errorf("sent %s %s %v", seen.Method, seen.RequestURI, seen.Header)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("secret")) })
	answers := map[string]http.HandlerFunc{
		"/204": status(204), "/301": to("http://" + elsewhere + "/x"), "/400": status(400), "/401": status(401), "/403": status(403), "/404": status(404),
		"/410": status(410), "/429": status(429), "/500": status(500), "/503": status(503),
		"/metadata":  to("http://169.254.169.254/latest/meta-data/"),
		"/file":      to("file:///etc/passwd"),
		"/userinfo":  to("http://user:pw@127.0.0.1/x"),
		"/loop":      to("/loop"),
		"/near":      to("/there"),
		"/nearer":    to("/near"),
		"/there":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("here")) },
		"/to-404":    to("/404"),
		"/large":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20+1)) },
		"/truncated": truncated,
		"/header":    func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 100<<10)) },
		"/endless":   endless,
	}
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) { answers[r.URL.Path](w, r) })
	s := newSource(t, addr)
	for path, want := range map[string]errs.Kind{
		"/204": errs.Forbidden, "/301": errs.Invalid, "/400": errs.Forbidden, "/401": errs.Forbidden, "/403": errs.Forbidden, "/404": errs.NotFound,
		"/410": errs.NotFound, "/429": errs.RateLimited, "/500": errs.Unavailable, "/503": errs.Unavailable,
		"/metadata": errs.Invalid, "/file": errs.Invalid, "/userinfo": errs.Invalid, "/loop": errs.Invalid, "/near": "", "/nearer": "", "/to-404": errs.NotFound,
		"/large": errs.TooLarge, "/truncated": errs.Unavailable, "/header": errs.Unavailable, "/endless": errs.TooLarge,
	} {
		body, err := s.Read(t.Context(), catalog.FileRef{Project: "http://" + addr, Path: path[1:]}, catalog.Unversioned)
		if errs.KindOf(err) != want || (want == "" && string(body) != "here") || strings.Contains(string(body), "secret") {
			t.Errorf("%s: %q, %v, want %q", path, body, err, want)
		}
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func to(url string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", url)
		w.WriteHeader(http.StatusFound)
	}
}

func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = w.Write([]byte("kind: Component"))
}

func endless(w http.ResponseWriter, _ *http.Request) {
	for {
		if _, err := w.Write(make([]byte, 64<<10)); err != nil {
			return
		}
	}
}

func TestAHostThatDoesNotAnswerProvesNothing(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	f := catalog.FileRef{Project: "http://" + addr, Path: "x"}
	s := newSource(t, addr)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // a host that takes the connection and then says nothing
		if c, err := l.Accept(); err == nil {
			defer func() { _ = c.Close() }()
			cancel()
			_, _ = c.Read(make([]byte, 4096))
		}
	}()
	if _, err := s.Read(ctx, f, catalog.Unversioned); !errors.Is(err, errs.Unavailable) {
		t.Errorf("a host that hangs: %v", err)
	}
	_ = l.Close()
	if _, err := s.Read(t.Context(), f, catalog.Unversioned); !errors.Is(err, errs.Unavailable) {
		t.Errorf("a host that is down: %v", err)
	}
	if _, err := newSource(t, "docs.example.com").Read(t.Context(), f, catalog.Unversioned); !errors.Is(err, errs.Invalid) {
		t.Errorf("a host that has been taken off the list: %v", err)
	}
}

func TestACertificateThatNobodyTrusts(t *testing.T) {
	t.Parallel()
	ts := httptest.NewUnstartedServer(status(200))
	ts.Config.ErrorLog = nil
	ts.StartTLS()
	t.Cleanup(ts.Close)
	addr := ts.Listener.Addr().String()
	if _, err := newSource(t, addr).Read(t.Context(), catalog.FileRef{Project: "https://" + addr, Path: "x"}, catalog.Unversioned); !errors.Is(err, errs.Unavailable) {
		t.Error(err)
	}
}

// A name of the list that DNS leads inside is not followed there: neither at once nor on
// the second look.
func TestNamesMayNotLeadInside(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
		"::1", "fd00:ec2::254", "fe80::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "ff02::1", "::"} {
		s, err := websource.New(websource.Config{Host: gitlab{}, Hosts: []string{"docs.example.com"}, Resolver: resolver(t, ip)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Read(t.Context(), catalog.FileRef{Project: "https://docs.example.com", Path: "x"}, catalog.Unversioned)
		if !errors.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", ip, err)
		}
	}
}

// resolver answers every question for an address with one and the same.
func resolver(t *testing.T, ip string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		for {
			question := make([]byte, 512)
			n, from, err := server.ReadFrom(question)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(dnsAnswer(question[:n], net.ParseIP(ip), strings.Contains(ip, ":")), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// dnsAnswer makes the answer to a question (RFC 1035 §4.1): none when the question is for
// the other family of addresses.
func dnsAnswer(question []byte, ip net.IP, v6 bool) []byte {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	kind := binary.BigEndian.Uint16(question[end+1:])
	answer := append([]byte{}, question[:end+5]...)
	answer[2], answer[3] = 0x81, 0x80
	binary.BigEndian.PutUint16(answer[10:], 0) // no additional records
	wanted, data := uint16(1), []byte(ip.To4())
	if v6 {
		wanted, data = 28, ip.To16()
	}
	if kind != wanted {
		return answer
	}
	binary.BigEndian.PutUint16(answer[6:], 1)
	answer = append(answer, 0xc0, 12)
	answer = binary.BigEndian.AppendUint16(answer, kind)
	answer = binary.BigEndian.AppendUint16(answer, 1)
	answer = binary.BigEndian.AppendUint32(answer, 0)
	answer = binary.BigEndian.AppendUint16(answer, uint16(len(data)))
	return append(answer, data...)
}

func FuzzResolve(f *testing.F) {
	for _, seed := range []string{"https://docs.example.com/x", "http://127.0.0.1:7099/a%20b?c", "https://docs.example.com@evil.example/", "https://[::1]:80/x", `https://docs.example.com\@x/`, "//x", "https://xn--a/%2e%2e"} {
		f.Add(seed, "./y")
	}
	s := newSource(f, "docs.example.com", "127.0.0.1:7099", "[::1]:80")
	origins := map[string]bool{"https://docs.example.com": true, "http://127.0.0.1:7099": true, "https://127.0.0.1:7099": true, "http://[::1]": true, "https://[::1]:80": true}
	f.Fuzz(func(t *testing.T, url, target string) {
		got, err := s.Resolve(t.Context(), url)
		if err != nil || !got.Web() {
			return
		}
		if !origins[got.Project] {
			t.Fatalf("%q gives the origin %s", url, got.Project)
		}
		if again, err := s.Resolve(t.Context(), s.URL(got)); err != nil || again != got {
			t.Fatalf("%q: %+v does not lead back: %+v, %v", url, got, again, err)
		}
		if near, err := s.Relative(got, target); err == nil && near.Project != got.Project {
			t.Fatalf("%q leads from %+v to %+v", target, got, near)
		}
	})
}
