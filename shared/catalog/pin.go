package catalog

import (
	"context"
	"maps"
)

type (
	pins    struct{}
	holding struct{}
)

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

// held makes every write of the project's files depend on its record being as it was read:
// a file must not become known under a path that its project has left meanwhile, nor after
// its entities were taken out.
func (k *KnownProject) held(ctx context.Context) context.Context {
	return context.WithValue(WithProject(ctx, k.Path, k.ID), holding{}, k)
}

// holder gives the record that writes of a file depend on, nil when there is none.
func holder(ctx context.Context, f FileRef) *KnownProject {
	if k, _ := ctx.Value(holding{}).(*KnownProject); k != nil && k.Path == f.Project {
		return k
	}
	return nil
}

// outdated reports whether the record that writes of a file depend on has changed.
func (s *Service) outdated(ctx context.Context, f FileRef) (bool, error) {
	k := holder(ctx, f)
	if k == nil {
		return false, nil
	}
	now, err := knownProject(ctx, s.table, k.ID)
	return err == nil && now.revision != k.revision, err
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
