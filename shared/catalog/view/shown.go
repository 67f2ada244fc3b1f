package view

import "context"

// Shown gives the ref and the etag that the entity with a uid is shown with, "" when there
// is none: what the writing side compares a caller's If-Match with.
func (v *View) Shown(ctx context.Context, uid string) (ref, etag string, err error) {
	d, err := v.ByUID(ctx, uid)
	if err != nil || !d.Found() {
		return "", "", err
	}
	return d.Ref(), d.ETag(), nil
}
