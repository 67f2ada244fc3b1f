package index

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
)

// Segments of about the same size become one when there are tierSegments of them; a tier
// spans sizes up to four times its smallest.
const (
	tierSegments = 4
	tierShift    = 2
)

// settle makes a full overlay a segment and merges what is small.
func (x *Index) settle() error {
	if len(x.overlay.docs) < x.cfg.Overlay {
		return nil
	}
	if err := x.Seal(); err != nil {
		return err
	}
	for {
		c := x.plan(x.cfg.Inline)
		if c == nil {
			return nil
		}
		if err := c.Run(); err != nil {
			return err
		}
		if err := x.Adopt(c); err != nil {
			return err
		}
	}
}

// Seal makes what has changed since the newest segment a segment of its own.
func (x *Index) Seal() error {
	o := &x.overlay
	if o.live == 0 {
		x.overlay = newOverlay(x.cfg.Kinds)
		return nil
	}
	docs := slices.DeleteFunc(slices.Clone(o.docs), func(c *changed) bool { return c == nil })
	b := segment.NewBuilder()
	rows := make([]*segment.Rows, len(o.names))
	field := func(f uint32) *segment.Rows {
		if rows[f] == nil {
			rows[f] = b.Field(o.names[f])
		}
		return rows[f]
	}
	for _, c := range docs {
		doc := b.Document(c.ref, c.uid)
		for _, r := range c.rows {
			if r.null {
				field(r.field).Null(doc)
				continue
			}
			field(r.field).Add(doc, r.shown)
		}
		for _, s := range c.spans {
			for _, r := range c.relations[s.from:s.to] {
				field(s.field).Add(doc, r.TargetRef)
			}
		}
	}
	data, err := b.Finish(x.dictionary(), func(doc uint32) (segment.Body, error) { return docs[doc].body() })
	if err != nil {
		return fmt.Errorf("sealing %d changed entities: %w", o.live, err)
	}
	s, err := x.open(data)
	if err != nil {
		return err
	}
	x.segments = append(x.segments, s)
	x.overlay = newOverlay(x.cfg.Kinds)
	return nil
}

// dictionary gives that of the largest segment: bodies that share one are merged as they are.
func (x *Index) dictionary() segment.Dictionary {
	var largest *Segment
	for _, s := range x.segments {
		if largest == nil || s.seg.Docs() > largest.seg.Docs() {
			largest = s
		}
	}
	if largest == nil {
		return segment.Dictionary{}
	}
	return largest.seg.Dictionary()
}

// Compaction is a merge of some segments into one. Run needs nothing of the index, so that it
// may go on reading and changing meanwhile.
type Compaction struct {
	columns segment.Columns
	from    []*Segment
	parts   []segment.Part
	result  *segment.Segment // nil when nothing is left
	ran     bool
}

// Compaction gives the next merge that is worth it, nil for none. It needs the index the way
// readers do.
func (x *Index) Compaction() *Compaction { return x.plan(0) }

// plan gives the next merge of at most a number of entities, 0 for any.
func (x *Index) plan(most int) *Compaction {
	if s := x.wasted(); s != nil && (most == 0 || s.Len() <= most) {
		return x.compaction([]*Segment{s})
	}
	tiers := map[int][]*Segment{}
	for _, s := range x.segments {
		tier := bits.Len(uint(s.Len()/x.cfg.Overlay)) / tierShift
		tiers[tier] = append(tiers[tier], s)
	}
	for tier := range bits.UintSize {
		n := 0
		for _, s := range tiers[tier] {
			n += s.Len()
		}
		if len(tiers[tier]) >= tierSegments && (most == 0 || n <= most) {
			return x.compaction(tiers[tier])
		}
	}
	return nil
}

// wasted gives a segment of which most is dead.
func (x *Index) wasted() *Segment {
	i := slices.IndexFunc(x.segments, func(s *Segment) bool { return s.dead*2 > s.seg.Docs() })
	if i < 0 {
		return nil
	}
	return x.segments[i]
}

func (x *Index) compaction(from []*Segment) *Compaction {
	c := &Compaction{columns: segment.Columns{Most: x.cfg.Columns}, from: slices.Clone(from)}
	for _, s := range from {
		c.parts = append(c.parts, s.part())
	}
	return c
}

// Run merges the segments.
func (c *Compaction) Run() error {
	live := 0
	for _, p := range c.parts {
		live += p.Live.Count()
	}
	if c.ran = true; live == 0 {
		return nil
	}
	data, err := segment.Merge(c.parts)
	if err != nil {
		return fmt.Errorf("merging %d index segments: %w", len(c.parts), err)
	}
	if c.result, err = segment.Open(data, c.columns); err != nil {
		return fmt.Errorf("opening a merged index segment: %w", err)
	}
	return nil
}

// Adopt puts the result of a merge in place of its segments. What has changed or gone since
// the merge was planned stays so. A merge whose segments are not all there any more has no
// effect.
func (x *Index) Adopt(c *Compaction) error {
	for _, s := range c.from {
		if !c.ran || !slices.Contains(x.segments, s) {
			return nil
		}
	}
	x.segments = slices.DeleteFunc(x.segments, func(s *Segment) bool { return slices.Contains(c.from, s) })
	if c.result == nil {
		return nil
	}
	merged := &Segment{seg: c.result}
	for i, s := range c.from {
		gone := slices.Clone(c.parts[i].Live)
		living := bitset.New(s.seg.Docs())
		s.living(living)
		gone.AndNot(living)
		for doc := gone.Next(0); doc >= 0; doc = gone.Next(doc + 1) {
			if n, ok := merged.lookup(s.seg.Ref(uint32(doc))); ok {
				merged.bury(n)
			}
		}
	}
	x.segments = slices.Insert(x.segments, 0, merged)
	return nil
}

// Compact seals and makes everything one segment.
func (x *Index) Compact() error {
	if err := x.Seal(); err != nil {
		return err
	}
	if len(x.segments) == 0 || len(x.segments) == 1 && x.segments[0].dead == 0 {
		return nil
	}
	c := x.compaction(x.segments)
	if err := c.Run(); err != nil {
		return err
	}
	return x.Adopt(c)
}
