package index

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Apply takes one batch of changes: entities with their new content, and the refs of those
// that are gone, which are taken first. Entities that lose or gain a relation by it are shown
// anew. After an error the batch has had no effect.
func (x *Index) Apply(upserts []Record, deletes []string) error {
	b := batch{x: x, changes: map[string]*change{}, touched: map[string]*touch{}}
	for _, ref := range deletes {
		b.changes[ref] = &change{}
	}
	for _, r := range upserts {
		ref, err := r.check()
		if err != nil {
			return err
		}
		b.changes[ref] = &change{next: x.overlay.store(r)}
	}
	if err := b.plan(); err != nil {
		return fmt.Errorf("applying %d changes to the index: %w", len(b.changes), err)
	}
	b.commit()
	return x.settle()
}

// batch is a set of changes on its way into the index.
//
// The relations of an entity T come from its own spec and from those of the entities that name
// T, which make relations of T to themselves only. So a change of R alters, besides R, only
// the relations to R of the entities that R names or named.
type batch struct {
	x       *Index
	changes map[string]*change
	touched map[string]*touch // entities outside of the batch, by ref
}

// change is what becomes of one entity.
type change struct {
	next      *stored // nil when it goes
	prior     *prior  // nil when it was not there
	relations []entity.Relation
}

// prior is an entity as it was.
type prior struct {
	stored    *stored
	relations []entity.Relation
}

// touch is what an entity outside of the batch loses and gains.
type touch struct {
	lost, gained []entity.Relation
	prior        *prior
	relations    []entity.Relation
}

// plan works out all that will change.
func (b *batch) plan() error {
	for ref, c := range b.changes {
		var err error
		if c.prior, err = b.x.prior(ref); err != nil {
			return err
		}
	}
	gained, err := b.gained()
	if err != nil {
		return err
	}
	for ref, c := range b.changes {
		if c.next == nil {
			continue
		}
		if c.relations, err = b.relations(ref, c, gained[ref]); err != nil {
			return err
		}
	}
	return b.touch()
}

// gained gives the relations that the new specs of the batch make on others of the batch, and
// those that entities outside of it make on the newcomers in it.
func (b *batch) gained() (map[string][]entity.Relation, error) {
	on := map[string][]entity.Relation{}
	newcomers := map[string]bool{}
	for ref, c := range b.changes {
		if c.next == nil {
			continue
		}
		if c.prior == nil {
			newcomers[ref] = true
		}
		for _, e := range c.next.edges {
			if e.On != ref && b.changes[e.On] != nil {
				on[e.On] = append(on[e.On], e.Relation)
			}
		}
	}
	for namer, named := range b.x.namers(newcomers) {
		if b.changes[namer] != nil {
			continue
		}
		p, err := b.x.prior(namer)
		if err != nil {
			return nil, err
		}
		if p == nil {
			return nil, errs.New(errs.Internal, fmt.Sprintf("the index is damaged: it does not find %s by its ref", namer))
		}
		for _, e := range p.stored.edges {
			if slices.Contains(named, e.On) && e.On != namer {
				on[e.On] = append(on[e.On], e.Relation)
			}
		}
	}
	return on, nil
}

// relations gives those of a changed entity: by its own spec, by others in the batch, and by
// those outside of it that named it before.
func (b *batch) relations(ref string, c *change, gained []entity.Relation) ([]entity.Relation, error) {
	out := slices.Clone(gained)
	now := ownRelations(ref, c.next)
	for r := range now {
		out = append(out, r)
	}
	if c.prior == nil {
		return entity.SortRelations(out), nil
	}
	before := ownRelations(ref, c.prior.stored)
	for _, r := range c.prior.relations {
		if now[r] || b.changes[r.TargetRef] != nil {
			continue
		}
		if before[r] {
			// The entity said so itself and does not any more; the other one may still.
			made, err := b.x.makes(r.TargetRef, entity.Edge{On: ref, Relation: r})
			if err != nil {
				return nil, err
			}
			if !made {
				continue
			}
		}
		out = append(out, r)
	}
	return entity.SortRelations(out), nil
}

// ownRelations gives the relations that an entity's own spec gives it.
func ownRelations(ref string, s *stored) map[entity.Relation]bool {
	out := map[entity.Relation]bool{}
	for _, e := range s.edges {
		if e.On == ref {
			out[e.Relation] = true
		}
	}
	return out
}

// makes reports whether the spec of the entity with a ref makes an edge.
func (x *Index) makes(ref string, edge entity.Edge) (bool, error) {
	p, err := x.prior(ref)
	if err != nil || p == nil {
		return false, err
	}
	return slices.Contains(p.stored.edges, edge), nil
}

// touch works out what the entities outside of the batch lose and gain.
func (b *batch) touch() error {
	for ref, c := range b.changes {
		before, after := edgesOn(ref, c.prior), map[entity.Edge]bool{}
		if c.next != nil {
			after = edgesOn(ref, &prior{stored: c.next})
		}
		for e := range before {
			if !after[e] && b.changes[e.On] == nil {
				t := b.at(e.On)
				t.lost = append(t.lost, e.Relation)
			}
		}
		for e := range after {
			if !before[e] && b.changes[e.On] == nil {
				t := b.at(e.On)
				t.gained = append(t.gained, e.Relation)
			}
		}
	}
	for ref, t := range b.touched {
		if err := b.x.retouch(ref, t); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) at(ref string) *touch {
	t := b.touched[ref]
	if t == nil {
		t = &touch{}
		b.touched[ref] = t
	}
	return t
}

// edgesOn gives the edges that an entity makes on others.
func edgesOn(self string, p *prior) map[entity.Edge]bool {
	out := map[entity.Edge]bool{}
	if p == nil {
		return out
	}
	for _, e := range p.stored.edges {
		if e.On != self {
			out[e] = true
		}
	}
	return out
}

// retouch works out the relations of a touched entity.
func (x *Index) retouch(ref string, t *touch) error {
	var err error
	if t.prior, err = x.prior(ref); err != nil || t.prior == nil {
		return err
	}
	own := func(r entity.Relation) bool {
		return slices.Contains(t.prior.stored.edges, entity.Edge{On: ref, Relation: r})
	}
	t.lost = slices.DeleteFunc(t.lost, own)
	t.lost, t.gained = entity.SortRelations(t.lost), entity.SortRelations(t.gained)
	t.relations = make([]entity.Relation, 0, len(t.prior.relations)+len(t.gained))
	lost, gained := t.lost, t.gained
	for _, r := range t.prior.relations {
		for len(gained) > 0 && compareRelations(gained[0], r) <= 0 {
			if gained[0] != r {
				t.relations = append(t.relations, gained[0])
			}
			gained = gained[1:]
		}
		for len(lost) > 0 && compareRelations(lost[0], r) < 0 {
			lost = lost[1:]
		}
		if len(lost) == 0 || lost[0] != r {
			t.relations = append(t.relations, r)
		}
	}
	t.relations = append(t.relations, gained...)
	return nil
}

func compareRelations(a, b entity.Relation) int {
	return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.TargetRef, b.TargetRef))
}

// prior gives an entity as it is now, decoded; nil when it is not there.
func (x *Index) prior(ref string) (*prior, error) {
	if c := x.overlay.find(ref); c != nil {
		return &prior{stored: c.stored, relations: c.relations}, nil
	}
	s, doc := x.locate(ref)
	if s == nil {
		return nil, nil
	}
	body, err := s.seg.Body(doc)
	if err != nil {
		return nil, err
	}
	var e entity.Entity
	if err := json.Unmarshal(body.JSON, &e); err != nil {
		return nil, fmt.Errorf("decoding entity %s: %w", ref, err)
	}
	relations := e.Relations
	e.Relations = nil
	delete(e.Metadata, "etag") // decoded for us alone
	return &prior{stored: x.overlay.store(Record{Entity: e, ETag: body.ContentETag}), relations: relations}, nil
}

// namers gives the entities whose specs make relations on some refs that are not there yet,
// each with those refs: what is not there has made no relation itself.
func (x *Index) namers(refs map[string]bool) map[string][]string {
	out := map[string][]string{}
	for ref := range refs {
		for namer := range x.overlay.namers[ref] {
			out[namer] = append(out[namer], ref)
		}
		for _, s := range x.segments {
			s.naming(ref, func(doc uint32) {
				namer := s.seg.Ref(doc)
				out[namer] = append(out[namer], ref)
			})
		}
	}
	return out
}

// commit makes the batch true.
func (b *batch) commit() {
	for _, ref := range slices.Sorted(maps.Keys(b.changes)) {
		c := b.changes[ref]
		b.x.bury(ref)
		if c.next == nil {
			b.x.overlay.remove(ref)
			continue
		}
		b.x.overlay.put(ref, c.next, c.relations)
	}
	for _, ref := range slices.Sorted(maps.Keys(b.touched)) {
		t := b.touched[ref]
		if t.prior == nil || slices.Equal(t.relations, t.prior.relations) {
			continue
		}
		b.x.bury(ref)
		b.x.overlay.put(ref, t.prior.stored, t.relations)
	}
}

// bury takes an entity out of the segment it is in.
func (x *Index) bury(ref string) {
	if s, doc := x.locate(ref); s != nil {
		s.bury(doc)
	}
}
