package dirblob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/diskerr"
	"github.com/slipwayhq/slipway/shared/blob"
)

// List gives keys in order. It looks at all blobs below the prefix's last directory.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	if err := blob.ValidateList(prefix, after, limit); err != nil {
		return nil, err
	}
	var keys []string
	err := fs.WalkDir(s.root.FS(), s.listRoot(prefix), func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed since its directory was read
		}
		if err != nil || d.IsDir() {
			return err
		}
		if key, ok := keyOf(name); ok && strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing blobs of %s: %w", prefix, diskerr.Wrap(s.dir, err))
	}
	slices.Sort(keys) // the order of names is not that of keys: a file's mark sorts behind
	return keys[:min(limit, len(keys))], nil
}

// listRoot gives the deepest directory that holds all keys of the prefix.
func (s *Store) listRoot(prefix string) string {
	dir := prefix[:strings.LastIndex(prefix, "/")+1]
	if blob.ValidateKey(dir+"x") != nil {
		return "." // no key begins like this, but the prefix is not at fault
	}
	name := strings.TrimSuffix(pathOf(dir+"x"), "x"+fileMark)
	if name = strings.TrimSuffix(name, "/"); name == "" {
		return "."
	}
	return name
}
