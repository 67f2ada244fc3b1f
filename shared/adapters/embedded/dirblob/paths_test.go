package dirblob

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/blob"
)

func TestPathsGiveTheirKeysBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		key := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9._-]{1,8}|[A-Z]{90,230}|[a-z]{190,420}`), 1, 4).Draw(r, "segments"), "/")
		if blob.ValidateKey(key) != nil {
			r.Skip("not a key")
		}
		path := pathOf(key)
		for name := range strings.SplitSeq(path, "/") {
			if len(name) > 255 || strings.ToLower(name) != name {
				r.Fatalf("a name of %d bytes in %s", len(name), path)
			}
		}
		if got, ok := keyOf(path); !ok || got != key {
			r.Fatalf("%s is kept as %s, which is %s, %v", key, path, got, ok)
		}
	})
}

func FuzzKeyOf(f *testing.F) {
	for _, s := range []string{"a~", "!a/b~", "a+/b~", "~", "!~", "a!", "+/~", "a//b~", unfinished + "/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		key, ok := keyOf(path)
		if ok && (pathOf(key) != path || blob.ValidateKey(key) != nil) {
			t.Fatalf("%q is read as %q", path, key)
		}
	})
}
