package index

import (
	"fmt"
	"iter"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Build makes an index of all the records, in one segment.
func Build(cfg Config, records iter.Seq[Record]) (*Index, error) {
	x, err := New(cfg)
	if err != nil {
		return nil, err
	}
	b := bulk{kinds: x.cfg.Kinds, into: segment.NewBuilder(), fields: map[string]*segment.Rows{}, on: map[string][]entity.Relation{}, seen: map[string]bool{}}
	for r := range records {
		if err := b.add(r); err != nil {
			return nil, err
		}
	}
	if b.into.Len() == 0 {
		return x, nil
	}
	data, err := b.finish()
	if err != nil {
		return nil, fmt.Errorf("building the index: %w", err)
	}
	s, err := x.open(data)
	if err != nil {
		return nil, err
	}
	x.segments = []*Segment{s}
	return x, nil
}

// bulk collects all entities. Of each it keeps the JSON and the rows; relations come at the
// end, when all edges are known.
type bulk struct {
	kinds    *entity.Kinds
	into     *segment.Builder
	fields   map[string]*segment.Rows // by path as written; nil for one that is not indexed
	contents []content
	refs     []string
	on       map[string][]entity.Relation // entity → relations made on it by anybody's spec
	seen     map[string]bool
}

func (b *bulk) add(r Record) error {
	ref, err := r.check()
	if err != nil {
		return err
	}
	if b.seen[ref] {
		return errs.New(errs.Internal, fmt.Sprintf("there are two entities %s", ref))
	}
	b.seen[ref] = true
	c, err := newContent(r)
	if err != nil {
		return err
	}
	b.contents, b.refs = append(b.contents, c), append(b.refs, ref)
	doc := b.into.Document(ref, r.Entity.UID())
	flatten(r.Entity, func(path []byte, value string, null bool) {
		switch rows := b.field(path); {
		case rows == nil:
		case null:
			rows.Null(doc)
		default:
			rows.Add(doc, value)
		}
	})
	for _, e := range b.kinds.Edges(r.Entity) {
		b.on[e.On] = append(b.on[e.On], e.Relation)
	}
	return nil
}

// check makes sure that the record is one of a stored entity.
func (r Record) check() (ref string, err error) {
	ref = r.Entity.Ref().String()
	uid := r.Entity.UID()
	if uid == "" || len(uid) > maxValueRunes || uid != strings.ToLower(uid) {
		return ref, errs.New(errs.Internal, fmt.Sprintf("the entity %s has no metadata.uid in lower case", ref))
	}
	return ref, nil
}

func (b *bulk) field(path []byte) *segment.Rows {
	rows, known := b.fields[string(path)]
	if !known {
		if key, ok := keyOf(path); ok {
			rows = b.into.Field(key)
		}
		b.fields[string(path)] = rows
	}
	return rows
}

func (b *bulk) finish() ([]byte, error) {
	for doc, ref := range b.refs {
		b.on[ref] = entity.SortRelations(b.on[ref])
		for _, r := range b.on[ref] {
			b.into.Field(relationsKey+strings.ToLower(r.Type)).Add(uint32(doc), r.TargetRef)
		}
	}
	return b.into.Finish(segment.Dictionary{}, func(doc uint32) (segment.Body, error) {
		body, etag, err := b.contents[doc].render(b.on[b.refs[doc]])
		return segment.Body{ContentETag: b.contents[doc].etag, ETag: etag, JSON: body}, err
	})
}
