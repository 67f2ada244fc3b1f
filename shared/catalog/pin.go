package catalog

import (
	"context"
	"maps"
)

type pins struct{}

// WithProject makes Sources read what lies under a path from the project with that id,
// also when that has moved on and another project has taken its path meanwhile: what is
// known of a file must never be compared with a file of somebody else.
func WithProject(ctx context.Context, path string, id int64) context.Context {
	old, _ := ctx.Value(pins{}).(map[string]int64)
	all := make(map[string]int64, len(old)+1)
	maps.Copy(all, old)
	all[path] = id
	return context.WithValue(ctx, pins{}, all)
}

// ProjectIn gives the id of the project that a path stands for.
func ProjectIn(ctx context.Context, path string) (id int64, known bool) {
	all, _ := ctx.Value(pins{}).(map[string]int64)
	id, known = all[path]
	return id, known
}

// pinned makes reads of a known file those of the project that it was read from.
func (s *Service) pinned(ctx context.Context, f FileRef) (context.Context, error) {
	if _, known := ProjectIn(ctx, f.Project); known || f.Web() {
		return ctx, nil
	}
	id, _, err := projectAt(ctx, s.table, f.Project)
	if err != nil || id == 0 {
		return ctx, orUnknown(err)
	}
	return WithProject(ctx, f.Project, id), nil
}
