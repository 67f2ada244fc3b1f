package segment

import (
	"encoding/binary"
	"math/bits"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
)

// A posting is 32 bits: in the upper two what the other thirty mean.
const (
	postOne    = 0 << 30 // the document itself
	postList   = 1 << 30 // where the list lies, in units of 4 bytes
	postBitmap = 2 << 30 // where the bitmap lies, likewise
	postNone   = 3 << 30 // no document
	postMask   = 1<<30 - 1
)

// A bitmap costs an eighth of a byte per document of the segment, a list four bytes per
// document in it. Counting what a posting has in common with a filter is as fast by either at
// about one document in bitmapShare, so bitmaps are preferred a little earlier than they are
// smaller.
const bitmapShare = 64

// Posting says which documents have something.
type Posting struct {
	lists []byte
	v     uint32
}

// Posting gives the posting of a term.
func (s *Segment) Posting(term uint32) Posting {
	if int(term) >= s.terms {
		return Posting{v: postNone}
	}
	return Posting{s.section[secLists], binary.LittleEndian.Uint32(s.section[secPostings][4*term:])}
}

// list gives the documents of a list, four bytes each.
func (p Posting) list() []byte {
	at := int(p.v&postMask) * 4
	return cut(p.lists, at+4, int(u32(p.lists, at))*4)
}

// bitmap gives the bits of a bitmap; it may be longer than the set it is used with.
func (p Posting) bitmap() []byte { return cut(p.lists, int(p.v&postMask)*4+4, len(p.lists)) }

// Len gives the number of documents.
func (p Posting) Len() int {
	switch p.v &^ postMask {
	case postOne:
		return 1
	case postNone:
		return 0
	}
	return int(u32(p.lists, int(p.v&postMask)*4))
}

// First gives the smallest document, or a number no document has.
func (p Posting) First() uint32 {
	switch p.v &^ postMask {
	case postOne:
		return p.v & postMask
	case postList:
		if l := p.list(); len(l) >= 4 {
			return binary.LittleEndian.Uint32(l)
		}
	case postBitmap:
		for b, i := p.bitmap(), 0; 8*i+8 <= len(b); i++ {
			if w := binary.LittleEndian.Uint64(b[8*i:]); w != 0 {
				return uint32(i<<6 + bits.TrailingZeros64(w))
			}
		}
	}
	return noTerm
}

// Or puts the documents into a set.
func (p Posting) Or(s bitset.Set) {
	switch p.v &^ postMask {
	case postOne:
		s.Add(p.v & postMask)
	case postList:
		for l := p.list(); len(l) >= 4; l = l[4:] {
			s.Add(binary.LittleEndian.Uint32(l))
		}
	case postBitmap:
		s.OrBytes(p.bitmap())
	}
}

// And keeps the documents that are in the posting too. scratch is overwritten.
func (p Posting) And(s, scratch bitset.Set) {
	if p.v&^postMask == postBitmap {
		s.AndBytes(p.bitmap())
		return
	}
	scratch.Clear()
	p.Or(scratch)
	s.And(scratch)
}

// Count gives how many documents of the posting are in a set.
func (p Posting) Count(s bitset.Set) int {
	switch p.v &^ postMask {
	case postOne:
		if s.Has(p.v & postMask) {
			return 1
		}
	case postList:
		n := uint64(0)
		for l := p.list(); len(l) >= 4; l = l[4:] {
			doc := binary.LittleEndian.Uint32(l)
			if w := int(doc >> 6); w < len(s) {
				n += s[w] >> (doc & 63) & 1
			}
		}
		return int(n)
	case postBitmap:
		return s.CountBytes(p.bitmap())
	}
	return 0
}

// Append gives the documents in order, those below docs alone.
func (p Posting) Append(out []uint32, docs int) []uint32 {
	switch p.v &^ postMask {
	case postOne:
		if doc := p.v & postMask; int(doc) < docs {
			out = append(out, doc)
		}
	case postList:
		for l := p.list(); len(l) >= 4; l = l[4:] {
			if doc := binary.LittleEndian.Uint32(l); int(doc) < docs {
				out = append(out, doc)
			}
		}
	case postBitmap:
		b := cut(p.bitmap(), 0, 8*bitset.Words(docs))
		for i := 0; len(b) >= 8; i, b = i+64, b[8:] {
			for w := binary.LittleEndian.Uint64(b); w != 0; w &= w - 1 {
				if doc := i + bits.TrailingZeros64(w); doc < docs {
					out = append(out, uint32(doc))
				}
			}
		}
	}
	return out
}
