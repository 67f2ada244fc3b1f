package view

import (
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/index"
)

// Changes is what has happened to the catalog since a version.
type Changes struct {
	Version int64 // to go on from
	// Whole says that Changed has every entity there is, not only those that changed.
	Whole   bool
	Changed []index.Document
	Removed []string // refs
}

// firstVersion is that of a catalog nothing has happened to: 0 asks for everything.
const firstVersion = 1

// farBehind is the number of changes that are not worth reading one by one.
const farBehind = 2000

// Documents gives what has changed since a version that an earlier call gave, or everything
// when that is 0 or long ago. When nothing has changed it costs what any question costs. An
// entity may be newer than the version; then it is told of again.
func (v *View) Documents(ctx context.Context, since int64) (Changes, error) {
	c, err := v.unchanged(ctx, since)
	if err != nil || c.Version == since || c.Whole {
		return c, err
	}
	refs := map[string]struct{}{}
	err = v.log.Since(ctx, since-firstVersion, func(change changelog.Change) error {
		refs[change.Ref] = struct{}{}
		return nil
	})
	if err != nil {
		return Changes{}, fmt.Errorf("asking what has changed: %w", err)
	}
	err = v.read(ctx, func(x *index.Index) {
		for ref := range refs {
			if d, ok := x.ByRef(ref); ok {
				c.Changed = append(c.Changed, d)
			} else {
				c.Removed = append(c.Removed, ref)
			}
		}
	})
	return c, err
}

// unchanged gives the version, and everything when that is simpler than the changes.
func (v *View) unchanged(ctx context.Context, since int64) (c Changes, err error) {
	err = v.read(ctx, func(x *index.Index) {
		c.Version = v.current.seq.Load() + firstVersion // changes with the index, which is held here
		if since == 0 || c.Version < since || c.Version-since > farBehind {
			c.Whole = true
			c.Changed = x.Query(index.Query{Limit: -1}).Items
		}
	})
	return c, err
}
