package bolttable

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

// TestOpenRefuses opens what can't be a data file, for real.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		name, path string
		kind       errs.Kind
	}{
		{"a directory", dir, errs.Invalid},
		{"below a file", filepath.Join(write("file", "x"), "slipway.db"), errs.Invalid},
		{"another format", write("text", strings.Repeat("not a table\n", 10_000)), errs.Invalid},
		{"a full device", "/dev/full", errs.Unavailable},
	} {
		f, err := Open(Config{Path: c.path, Clock: clock.System{}, IDs: ids.Random{}})
		if err == nil {
			f.Close()
		}
		if errs.KindOf(err) != c.kind || !strings.Contains(errs.Message(err), c.path) {
			t.Errorf("%s gives %s %v", c.name, errs.KindOf(err), err)
		}
	}
	if _, err := Open(Config{Path: filepath.Join(dir, "x.db")}); err == nil {
		t.Error("Open takes a Config without Clock and IDs")
	}
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{formatPlain, 1, 'r', 'b'})
	f.Add([]byte{formatExpires, 0, 0, 0, 0, 0, 0, 0, 9, 1, 'r'})
	f.Add([]byte{formatPlain, 200, 'r'})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := decodeRecord(raw)
		if err != nil {
			return
		}
		if again := r.encode(); string(again) != string(raw) {
			t.Fatalf("%x decodes and encodes to %x", raw, again)
		}
	})
}
