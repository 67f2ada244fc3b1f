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

// A bitmap costs an eighth of a byte per document of the segment, a list two bytes per
// document in it. Counting what a posting has in common with a filter is as fast by either at
// about one document in bitmapShare, so bitmaps are preferred earlier than they are smaller.
const bitmapShare = 32

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

// A list is the number of documents and then, for every 65,536 numbers that have some, which
// these are, how many there are less one, and the lower 16 bits of each. A last number pads it
// to four bytes.

// list gives the chunks of a list, and the number of documents they should have.
func (p Posting) list() ([]byte, int) {
	at := int(p.v&postMask) * 4
	return cut(p.lists, at+4, len(p.lists)), int(u32(p.lists, at))
}

// chunk takes the first chunk off a list: the numbers it is for, and two bytes per document.
func chunk(list []byte, left int) (base uint32, low, rest []byte) {
	if len(list) < 4 || left <= 0 {
		return 0, nil, nil
	}
	n := min(left, int(binary.LittleEndian.Uint16(list[2:]))+1, (len(list)-4)/2)
	return uint32(binary.LittleEndian.Uint16(list)) << 16, list[4 : 4+2*n], list[4+2*n:]
}

// appendList writes a list of documents in order.
func appendList(out []byte, docs []uint32) []byte {
	out = binary.LittleEndian.AppendUint32(out, uint32(len(docs)))
	for len(docs) > 0 {
		n := 1
		for n < len(docs) && docs[n]>>16 == docs[0]>>16 {
			n++
		}
		out = binary.LittleEndian.AppendUint16(out, uint16(docs[0]>>16))
		out = binary.LittleEndian.AppendUint16(out, uint16(n-1))
		for _, doc := range docs[:n] {
			out = binary.LittleEndian.AppendUint16(out, uint16(doc))
		}
		docs = docs[n:]
	}
	if len(out)%4 != 0 {
		out = append(out, 0, 0)
	}
	return out
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
		l, n := p.list()
		if base, low, _ := chunk(l, n); len(low) >= 2 {
			return base | uint32(binary.LittleEndian.Uint16(low))
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
		for l, n := p.list(); n > 0; {
			base, low, rest := chunk(l, n)
			if l, n = rest, n-len(low)/2; len(low) == 0 {
				return
			}
			for ; len(low) >= 2; low = low[2:] {
				s.Add(base | uint32(binary.LittleEndian.Uint16(low)))
			}
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
		return p.countList(s)
	case postBitmap:
		return s.CountBytes(p.bitmap())
	}
	return 0
}

func (p Posting) countList(s bitset.Set) int {
	count := uint64(0)
	for l, n := p.list(); n > 0; {
		base, low, rest := chunk(l, n)
		if l, n = rest, n-len(low)/2; len(low) == 0 || int(base>>6) >= len(s) {
			break
		}
		part := s[base>>6:]
		if cap(part) >= chunkWords {
			// What lies behind the set is no document's: a list has none of it.
			count += countChunk(low, (*[chunkWords]uint64)(part[:chunkWords]))
			continue
		}
		for ; len(low) >= 2; low = low[2:] {
			doc := binary.LittleEndian.Uint16(low)
			if w := int(doc >> 6); w < len(part) {
				count += part[w] >> (doc & 63) & 1
			}
		}
	}
	return int(count)
}

// chunkWords is how many words of a set one chunk of a list speaks of.
const chunkWords = 1 << 16 / 64

// countChunk counts four documents at a time, with a set long enough for every number.
func countChunk(low []byte, s *[chunkWords]uint64) (count uint64) {
	for ; len(low) >= 8; low = low[8:] {
		v := binary.LittleEndian.Uint64(low)
		a, b, c, d := uint16(v), uint16(v>>16), uint16(v>>32), uint16(v>>48)
		count += s[a>>6]>>(a&63)&1 + s[b>>6]>>(b&63)&1 + s[c>>6]>>(c&63)&1 + s[d>>6]>>(d&63)&1
	}
	for ; len(low) >= 2; low = low[2:] {
		doc := binary.LittleEndian.Uint16(low)
		count += s[doc>>6] >> (doc & 63) & 1
	}
	return count
}

// Single reports whether there is just one document.
func (p Posting) Single() bool { return p.v&^postMask == postOne }

// Append gives the documents in order, those below docs alone.
func (p Posting) Append(out []uint32, docs int) []uint32 {
	switch p.v &^ postMask {
	case postOne:
		if doc := p.v & postMask; int(doc) < docs {
			out = append(out, doc)
		}
	case postList:
		for l, n := p.list(); n > 0; {
			base, low, rest := chunk(l, n)
			if l, n = rest, n-len(low)/2; len(low) == 0 {
				return out
			}
			for ; len(low) >= 2; low = low[2:] {
				if doc := base | uint32(binary.LittleEndian.Uint16(low)); int(doc) < docs {
					out = append(out, doc)
				}
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
