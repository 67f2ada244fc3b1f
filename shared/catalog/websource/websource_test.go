package websource_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/websource"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// gitlab stands for the source code host: it knows one file, and nothing of the rest.
type gitlab struct{ catalog.Source }

var gitlabFile = catalog.FileRef{Project: "apps/orders", Branch: "main", Path: "catalog-info.yaml"}

const gitlabURL = "https://gitlab.example.com/apps/orders/-/blob/main/catalog-info.yaml"

func (gitlab) Resolve(_ context.Context, url string) (catalog.FileRef, error) {
	switch {
	case url == gitlabURL:
		return gitlabFile, nil
	case strings.HasPrefix(url, "https://gitlab.example.com/apps/secret"):
		return catalog.FileRef{}, errs.New(errs.NotFound, "there is no such project")
	}
	return catalog.FileRef{}, errs.New(errs.Invalid, "must be the URL of a file of the GitLab")
}

func (gitlab) Relative(from catalog.FileRef, target string) (catalog.FileRef, error) {
	return from.Join(target)
}
func (gitlab) URL(catalog.FileRef) string                           { return gitlabURL }
func (gitlab) Head(context.Context, string, string) (string, error) { return "c0ffee", nil }
func (gitlab) Read(context.Context, catalog.FileRef, string) ([]byte, error) {
	return []byte("from GitLab"), nil
}
func (gitlab) List(context.Context, string, string, string) ([]string, error) {
	return []string{"catalog-info.yaml"}, nil
}

func newSource(t testing.TB, hosts ...string) *websource.Source {
	t.Helper()
	s, err := websource.New(websource.Config{Host: gitlab{}, Hosts: hosts})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve runs a host on this machine and gives its address.
func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	ts := httptest.NewServer(h)
	t.Cleanup(ts.Close)
	return strings.TrimPrefix(ts.URL, "http://")
}

func TestURLsOfHostsThatMayBeRead(t *testing.T) {
	t.Parallel()
	s := newSource(t, "docs.example.com", "raw.example.com:8443", "127.0.0.1:7099", "localhost", "[2606:4700::1111]", "xn--bcher-kva.example")
	for url, want := range map[string]catalog.FileRef{
		gitlabURL:                                {Project: "apps/orders", Branch: "main", Path: "catalog-info.yaml"},
		"https://docs.example.com/a/b.yaml":      {Project: "https://docs.example.com", Path: "a/b.yaml"},
		"https://docs.example.com:443/a/b.yaml":  {Project: "https://docs.example.com", Path: "a/b.yaml"},
		"https://DOCS.Example.COM/a/B.yaml#L1":   {Project: "https://docs.example.com", Path: "a/B.yaml"},
		"https://docs.example.com./a?x=1&y=%20":  {Project: "https://docs.example.com", Path: "a?x=1&y=%20"},
		"https://docs.example.com/a%20b%3F.yaml": {Project: "https://docs.example.com", Path: "a%20b%3F.yaml"},
		"https://raw.example.com:8443/x":         {Project: "https://raw.example.com:8443", Path: "x"},
		"http://127.0.0.1:7099/all.yaml":         {Project: "http://127.0.0.1:7099", Path: "all.yaml"},
		"http://localhost/all.yaml":              {Project: "http://localhost", Path: "all.yaml"},
		"https://[2606:4700::1111]/x":            {Project: "https://[2606:4700::1111]", Path: "x"},
		"https://xn--bcher-kva.example/x":        {Project: "https://xn--bcher-kva.example", Path: "x"},
	} {
		got, err := s.Resolve(t.Context(), url)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", url, got, err, want)
			continue
		}
		if again, err := s.Resolve(t.Context(), s.URL(got)); err != nil || again != want {
			t.Errorf("%s does not lead back: %+v, %v", s.URL(got), again, err)
		}
	}
}

// Each of these is a way to make a server read what it should not; the list has the hosts
// that they pretend to be.
func TestURLsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newSource(t, "docs.example.com", "raw.example.com:8443", "127.0.0.1:7099", "203.0.113.7", "bank.example")
	for name, url := range map[string]string{
		"empty":                         "",
		"relative":                      "a/b.yaml",
		"a file":                        "file:///etc/passwd",
		"another scheme":                "ftp://docs.example.com/x",
		"plain HTTP":                    "http://docs.example.com/x",
		"a scheme without slashes":      "https:docs.example.com/x",
		"another host":                  "https://example.com/x",
		"a host below":                  "https://a.docs.example.com/x",
		"a host that ends alike":        "https://evildocs.example.com/x",
		"a host that begins alike":      "https://docs.example.com.evil.example/x",
		"userinfo":                      "https://user:pw@docs.example.com/x",
		"a host as userinfo":            "https://docs.example.com@evil.example/x",
		"userinfo with a backslash":     `https://docs.example.com\@evil.example/x`,
		"an empty userinfo":             "https://@docs.example.com/x",
		"another port":                  "https://docs.example.com:8443/x",
		"the wrong port":                "https://raw.example.com/x",
		"an empty port":                 "https://docs.example.com:/x",
		"a port with a zero in front":   "https://docs.example.com:0443/x",
		"a port beyond all":             "https://docs.example.com:99999/x",
		"two dots at the end":           "https://docs.example.com../x",
		"an empty label":                "https://docs..example.com/x",
		"link-local":                    "http://169.254.169.254/latest/meta-data/",
		"link-local over TLS":           "https://169.254.169.254/latest/meta-data/",
		"link-local, IPv6":              "https://[fd00:ec2::254]/latest/meta-data/",
		"the runtime API":               "http://localhost:9001/2018-06-01/runtime/invocation/next",
		"the runtime API by address":    "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
		"decimal":                       "http://2130706433:7099/x",
		"octal":                         "http://0177.0.0.1:7099/x",
		"hexadecimal":                   "http://0x7f.0.0.1:7099/x",
		"one hexadecimal number":        "http://0x7f000001:7099/x",
		"short":                         "http://127.1:7099/x",
		"zeros in front":                "http://127.0.0.01:7099/x",
		"all zeros":                     "http://0.0.0.0:7099/x",
		"the whole loopback network":    "http://127.0.0.2:7099/x",
		"IPv6-mapped":                   "http://[::ffff:127.0.0.1]:7099/x",
		"IPv6-mapped in hexadecimal":    "http://[::ffff:7f00:1]:7099/x",
		"IPv6-compatible":               "http://[::127.0.0.1]:7099/x",
		"an IPv6 zone":                  "http://[fe80::1%25eth0]:7099/x",
		"an IPv6 address at length":     "https://[0:0:0:0:0:0:0:1]/x",
		"an address over plain HTTP":    "http://203.0.113.7/x",
		"look-alike letters":            "https://dоcs.example.com/x", // a Cyrillic o
		"full-width letters":            "https://ｄocs.example.com/x",
		"a full-width dot":              "https://docs。example.com/x",
		"an escaped host":               "https://docs%2eexample.com/x",
		"punycode of another":           "https://xn--dcs-sed.example.com/x",
		"a NUL in the host":             "https://docs.example.com%00.evil.example/x",
		"a line break":                  "https://docs.example.com/x\r\nHost: evil.example",
		"an escaped line break in host": "https://docs.example.com%0d%0a/x",
		"dots in the path":              "https://docs.example.com/a/../x",
		"escaped dots in the path":      "https://docs.example.com/a/%2e%2e/x",
		"two slashes":                   "https://docs.example.com//x",
		"a space in the query":          "https://docs.example.com/x?a b HTTP/1.1",
		"a wildcard":                    "https://docs.example.com/*/catalog-info.yaml",
		"a long URL":                    "https://docs.example.com/" + strings.Repeat("x", 800),
	} {
		if got, err := s.Resolve(t.Context(), url); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %s gives %+v, %v", name, url, got, err)
		}
	}
	if _, err := s.Resolve(t.Context(), "https://gitlab.example.com/apps/secret/-/blob/main/x"); !errors.Is(err, errs.NotFound) {
		t.Errorf("what GitLab says of its own URLs is lost: %v", err)
	}
	if _, err := newSource(t).Resolve(t.Context(), "https://docs.example.com/x"); errs.Message(err) != "must be the URL of a file of the GitLab" {
		t.Errorf("without a list: %v", err)
	}
}

func TestListsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{"", "https://docs.example.com", "docs.example.com/", "a@docs.example.com", "docs.example.com:", "docs.example.com:x",
		"docs.example.com:0", "docs.example.com:65536", "*.example.com", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]", "[fe80::1%25eth0]", "bücher.example", "a b", "-x.example"} {
		if _, err := websource.New(websource.Config{Host: gitlab{}, Hosts: []string{entry}}); err == nil {
			t.Errorf("%q is taken", entry)
		}
	}
	if _, err := websource.New(websource.Config{Hosts: []string{"docs.example.com"}}); err == nil {
		t.Error("a source without a GitLab")
	}
}

func TestRelativeTargets(t *testing.T) {
	t.Parallel()
	s := newSource(t, "docs.example.com")
	from := catalog.FileRef{Project: "https://docs.example.com", Path: "a/b/all.yaml?token=x"}
	for target, want := range map[string]string{
		"./c.yaml": "a/b/c.yaml", "c d.yaml": "a/b/c%20d.yaml", "../c.yaml": "a/c.yaml", "/c.yaml": "c.yaml", "../../../../c.yaml": "c.yaml", "c.yaml?v=1": "a/b/c.yaml?v=1",
	} {
		if got, err := s.Relative(from, target); err != nil || got.Project != from.Project || got.Path != want {
			t.Errorf("%s: %+v, %v, want %s", target, got, err, want)
		}
	}
	for _, target := range []string{"", "//evil.example/x", "https://docs.example.com/x", "javascript:x", "./*/x.yaml", "%zz", "\x00"} {
		if got, err := s.Relative(from, target); !errors.Is(err, errs.Invalid) {
			t.Errorf("%q: %+v, %v", target, got, err)
		}
	}
	if got, err := s.Relative(gitlabFile, "x/y.yaml"); err != nil || got.Path != "x/y.yaml" || got.Project != "apps/orders" {
		t.Errorf("within GitLab: %+v, %v", got, err)
	}
}

func TestWhatIsGitLabsGoesToIt(t *testing.T) {
	t.Parallel()
	s := newSource(t, "docs.example.com")
	web := "https://docs.example.com"
	if body, err := s.Read(t.Context(), gitlabFile, "c0ffee"); err != nil || string(body) != "from GitLab" || s.URL(gitlabFile) != gitlabURL {
		t.Errorf("%q %v", body, err)
	}
	if head, err := s.Head(t.Context(), "apps/orders", "main"); err != nil || head != "c0ffee" {
		t.Error(head, err)
	}
	if list, err := s.List(t.Context(), "apps/orders", "c0ffee", ""); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
	if head, err := s.Head(t.Context(), web, ""); err != nil || head != catalog.Unversioned {
		t.Error(head, err)
	}
	if _, err := s.List(t.Context(), web, "", ""); !errors.Is(err, errs.Invalid) {
		t.Error("a host is listed", err)
	}
}
