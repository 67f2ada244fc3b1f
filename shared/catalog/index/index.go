package index

import (
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Record is a stored entity: with metadata.uid, in lower case, without metadata.etag and
// relations.
type Record struct {
	Entity entity.Entity
	ETag   string // of the content
}

// Config sets the sizes of an Index. Zeros stand for the usual ones.
type Config struct {
	Overlay int // changed entities that become a segment; 2,048
	Columns int // orders that each segment keeps in memory; 12
	// Inline is the number of entities up to which Apply merges segments itself; 16,384. What
	// is larger waits for Compact.
	Inline int
	// Kinds derive the relations; the built-in ones when nil. Segments of an index that was
	// made with others hold what those derived.
	Kinds *entity.Kinds
}

func (c Config) withDefaults() (Config, error) {
	if c.Overlay < 0 || c.Columns < 0 || c.Inline < 0 {
		return c, errs.New(errs.Invalid, "the sizes of an index can't be negative")
	}
	if c.Kinds == nil {
		c.Kinds = entity.Builtin()
	}
	for _, d := range []struct {
		of    *int
		value int
	}{{&c.Overlay, 2048}, {&c.Columns, 12}, {&c.Inline, 16384}} {
		if *d.of == 0 {
			*d.of = d.value
		}
	}
	return c, nil
}

// Index finds entities. Many may read at once; Apply, Seal, Compact and Adopt need it alone.
type Index struct {
	cfg      Config
	segments []*Segment
	overlay  overlay
	pool     sync.Pool // of *bitset.Set
}

// New makes an empty index.
func New(cfg Config) (*Index, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Index{cfg: cfg, overlay: newOverlay(cfg.Kinds)}, nil
}

// SegmentData is a segment as it is kept: its bytes, and the bitmap of its deleted documents.
type SegmentData struct {
	Bytes   []byte
	Deleted []byte // nil for none
}

// Open makes an index of the segments of another. The bytes are used as they are and must not
// change any more. Internal when they are damaged.
func Open(cfg Config, data []SegmentData) (*Index, error) {
	x, err := New(cfg)
	if err != nil {
		return nil, err
	}
	for i, d := range data {
		s, err := x.open(d.Bytes)
		if err != nil {
			return nil, fmt.Errorf("opening segment %d of %d: %w", i+1, len(data), err)
		}
		if len(d.Deleted) > 0 {
			if len(d.Deleted) != 8*bitset.Words(s.seg.Docs()) {
				return nil, errs.New(errs.Internal, fmt.Sprintf("the deletions of index segment %d of %d are damaged", i+1, len(data)))
			}
			s.live = bitset.Read(d.Deleted, s.seg.Docs())
			s.live.Flip(s.seg.Docs())
			s.dead = s.seg.Docs() - s.live.Count()
		}
		x.segments = append(x.segments, s)
	}
	return x, nil
}

func (x *Index) open(data []byte) (*Segment, error) {
	seg, err := segment.Open(data, segment.Columns{Most: x.cfg.Columns})
	if err != nil {
		return nil, err
	}
	return &Segment{seg: seg}, nil
}

// Segments gives the segments, which lack what Seal has not been called for. They are as they
// are now: a reader that keeps them sees later deletions.
func (x *Index) Segments() []*Segment { return slices.Clone(x.segments) }

// Len gives the number of entities.
func (x *Index) Len() int {
	n := x.overlay.live
	for _, s := range x.segments {
		n += s.Len()
	}
	return n
}

// layers gives all that a query has to ask.
func (x *Index) layers() iter.Seq[layer] {
	return func(yield func(layer) bool) {
		if x.overlay.live > 0 && !yield(&x.overlay) {
			return
		}
		for _, s := range x.segments {
			if s.Len() > 0 && !yield(s) {
				return
			}
		}
	}
}

func (x *Index) desk() *desk { return &desk{pool: &x.pool} }

// ByRef gives the entity with a canonical ref.
func (x *Index) ByRef(ref string) (Document, bool) {
	if c := x.overlay.find(ref); c != nil {
		return Document{changed: c}, true
	}
	if s, doc := x.locate(ref); s != nil {
		return s.at(doc), true
	}
	return Document{}, false
}

// locate finds the segment where a ref is alive, nil for none.
func (x *Index) locate(ref string) (*Segment, uint32) {
	for _, s := range slices.Backward(x.segments) {
		if doc, ok := s.lookup(ref); ok {
			return s, doc
		}
	}
	return nil, 0
}

// ByUID gives the entity with a metadata.uid.
func (x *Index) ByUID(uid string) (Document, bool) {
	if c := x.overlay.byUID[uid]; c != nil {
		return Document{changed: c}, true
	}
	for _, s := range slices.Backward(x.segments) {
		if doc, ok := s.seg.FindUID(uid); ok && s.alive(doc) {
			return s.at(doc), true
		}
	}
	return Document{}, false
}

// ByRefs gives the entities with these refs that where holds for, in the refs' order and the
// zero Document for each that is not there.
func (x *Index) ByRefs(refs []string, where predicate.Node) []Document {
	d := x.desk()
	defer d.clear()
	out := make([]Document, len(refs))
	for l := range x.layers() {
		var set bitset.Set
		if where != nil {
			set = d.selection(l, where, nil)
		}
		for i, ref := range refs {
			if doc, ok := l.lookup(ref); ok && (where == nil || set.Has(doc)) {
				out[i] = l.at(doc)
			}
		}
	}
	approach(out)
	return out
}

// Naming gives the refs of all entities that have a relation to ref, of any type, in order.
func (x *Index) Naming(ref string) []string {
	var out []string
	for _, c := range x.overlay.docs {
		if c != nil && slices.ContainsFunc(c.relations, func(r entity.Relation) bool { return r.TargetRef == ref }) {
			out = append(out, c.ref)
		}
	}
	for _, s := range x.segments {
		s.naming(ref, func(doc uint32) { out = append(out, s.seg.Ref(doc)) })
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// naming calls visit for the living documents with a relation to ref, maybe several times.
func (s *Segment) naming(ref string, visit func(doc uint32)) {
	for _, f := range s.seg.FieldsBelow(relationsKey) {
		lo, hi := f.Equal(ref)
		for term := lo; term < hi; term++ {
			for _, doc := range s.seg.Posting(term).Append(nil, s.seg.Docs()) {
				if s.alive(doc) {
					visit(doc)
				}
			}
		}
	}
}
