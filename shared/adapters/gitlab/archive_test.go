package gitlab_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// archiveOf makes an archive of entries with a content of noise.
func archiveOf(t *testing.T, entries ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	for _, e := range entries {
		if err := archive.WriteHeader(&e); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(bytes.Repeat([]byte("x"), int(e.Size))); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestArchivesThatAreNot reads what is no whole archive of files.
func TestArchivesThatAreNot(t *testing.T) {
	t.Parallel()
	good := archiveOf(t,
		tar.Header{Name: "pax_global_header", Typeflag: tar.TypeReg, Size: 3},
		tar.Header{Name: "top/", Typeflag: tar.TypeDir},
		tar.Header{Name: "top/a", Typeflag: tar.TypeReg, Size: 5000},
		tar.Header{Name: "top/dev", Typeflag: tar.TypeChar},
		tar.Header{Name: "top/hard", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"},
		tar.Header{Name: "top/d/b", Typeflag: tar.TypeReg, Size: 1})
	var body []byte
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	t.Cleanup(ts.Close)
	client := connect(t, ts.URL, token)
	read := func(answer []byte, limit int64) (paths []string, err error) {
		body = answer
		err = client.Archive(t.Context(), 1, "", "main", limit, func(f scm.File) error { paths = append(paths, f.Path); return nil })
		return paths, err
	}
	if paths, err := read(good, 5004); err != nil || len(paths) != 2 || paths[0] != "a" || paths[1] != "d/b" {
		t.Errorf("the whole one: %v, %v", paths, err)
	}
	for name, c := range map[string]struct {
		answer []byte
		limit  int64
		kind   errs.Kind
	}{
		"nothing":          {nil, 1 << 20, errs.Unavailable},
		"a page":           {[]byte("<html>"), 1 << 20, errs.Unavailable},
		"half of it":       {good[:len(good)/2], 1 << 20, errs.Unavailable},
		"all but the end":  {good[:len(good)-4], 1 << 20, errs.Unavailable},
		"more than wanted": {good, 5003, errs.TooLarge},
		"not an archive":   {zipped(t, "<html>"), 1 << 20, errs.Unavailable},
	} {
		if paths, err := read(c.answer, c.limit); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, %v, want %s", name, paths, err, c.kind)
		}
	}
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
