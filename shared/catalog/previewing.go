package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// PreviewLocation reads the file at a URL and what its Location entities lead to, without
// storing anything: the location that registering it would make, its entity and all that
// would come with it, and whether it is registered already. Invalid when any document is,
// and when two documents are about one entity.
func (s *Service) PreviewLocation(ctx context.Context, target string) (Registration, []entity.Entity, error) {
	loc, err := s.LocationByTarget(ctx, target)
	existed := err == nil
	if err != nil && !errors.Is(err, errs.NotFound) {
		return Registration{}, nil, err
	}
	if !existed {
		if loc, err = s.preview(ctx, target, false); err != nil {
			return Registration{}, nil, err
		}
	}
	p := previewing{service: s, files: map[FileRef]bool{}, refs: map[string]bool{loc.EntityRef: true}, entities: []entity.Entity{locationEntity(loc)}}
	if err := p.visit(ctx, visit{file: loc.File, location: &loc}); err != nil {
		return Registration{}, nil, err
	}
	return Registration{Location: loc, Existed: existed}, p.entities, nil
}

// previewing walks like a registration does, but stores nothing and ends at the first
// failure: what is shown is all that there would be.
type previewing struct {
	service  *Service
	files    map[FileRef]bool
	refs     map[string]bool
	entities []entity.Entity
}

func (p *previewing) visit(ctx context.Context, v visit) error {
	switch {
	case p.files[v.file]:
		return nil
	case len(p.files) >= maxFiles:
		return errs.New(errs.Invalid, fmt.Sprintf("it leads to more than %d files", maxFiles))
	case v.parent != nil && v.parent.Level == maxLevels:
		return errs.New(errs.Invalid, fmt.Sprintf("it leads to files more than %d locations deep", maxLevels))
	}
	p.files[v.file] = true
	r, err := p.service.readFile(ctx, &fileState{File: v.file}, v)
	where := errs.Clip(p.service.source.URL(v.file))
	switch {
	case err != nil:
		return fmt.Errorf("reading %s of %s: %w", v.file.Path, v.file.Project, err)
	case r.missing && v.optional:
		return nil
	case r.missing:
		return errs.New(errs.NotFound, "there is no file at "+where)
	case len(r.Problems) > 0:
		return errs.WithFields("not everything at "+where+" is valid", fieldsOf(r.Problems))
	}
	return p.follow(ctx, v, r)
}

func (p *previewing) follow(ctx context.Context, v visit, r *reading) error {
	for _, in := range r.intents {
		if p.refs[in.Ref] {
			return errs.New(errs.Invalid, in.Ref+" is described more than once")
		}
		p.refs[in.Ref] = true
		p.entities = append(p.entities, *in.Entity)
	}
	for _, c := range r.follow {
		next := visit{file: c.file, location: v.location, parent: &r.fileState, via: c.via, optional: c.optional}
		if err := p.visit(ctx, next); err != nil {
			return err
		}
	}
	return nil
}
