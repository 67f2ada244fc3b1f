package segment

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// magic begins every segment; its last byte is the version of the format.
const magic = "SLWYSEG\x01"

// The sections, in the order they lie in.
const (
	secNames = iota
	secFields
	secBlocks
	secTerms
	secPostings
	secLists
	secFolded
	secDocuments
	secBodies
	secDicts
	secGrams
	sections
)

// The sizes of fixed parts, in bytes.
const (
	headCounts  = len(magic)      // documents, terms, fields
	headPlaces  = headCounts + 12 // per section: offset, length, checksum
	placeSize   = 8 + 8 + 4       //
	headerSize  = headPlaces + sections*placeSize + 4
	fieldSize   = 16
	docSize     = 12
	maxDocs     = 1 << 30
	maxSection  = 1 << 32
	blockTerms  = 16
	blockShift  = 4
	noTerm      = ^uint32(0)
	maxTextSize = 1 << 16
)

// damaged makes the error for bytes that are no segment.
func damaged(format string, args ...any) error {
	return errs.New(errs.Internal, "the index segment is damaged: "+fmt.Sprintf(format, args...))
}

// header is what the beginning of a segment says.
type header struct {
	docs, terms, fields int
	section             [sections][]byte
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// readHeader finds the sections and checks that each is whole.
func readHeader(b []byte) (header, error) {
	var h header
	if len(b) < headerSize || string(b[:len(magic)]) != magic {
		return h, damaged("it does not begin like one of this version")
	}
	if checksum(b[:headerSize-4]) != binary.LittleEndian.Uint32(b[headerSize-4:]) {
		return h, damaged("the header does not match its checksum")
	}
	h.docs, h.terms, h.fields = int(u32(b, headCounts)), int(u32(b, headCounts+4)), int(u32(b, headCounts+8))
	for i := range h.section {
		at := b[headPlaces+i*placeSize:]
		offset, length := binary.LittleEndian.Uint64(at), binary.LittleEndian.Uint64(at[8:])
		if offset > uint64(len(b)) || length > uint64(len(b))-offset {
			return h, damaged("section %d ends behind the end", i)
		}
		h.section[i] = b[offset : offset+length : offset+length]
		if checksum(h.section[i]) != binary.LittleEndian.Uint32(at[16:]) {
			return h, damaged("section %d does not match its checksum", i)
		}
	}
	return h, h.check()
}

// check compares the sections' lengths with the counts, so that what is derived from a count
// lies inside of its section.
func (h *header) check() error {
	blocks := (h.terms + blockTerms - 1) / blockTerms
	for i, want := range map[int]int{
		secFields: (h.fields + 1) * fieldSize, secBlocks: 4 * blocks, secPostings: 4 * h.terms, secDocuments: h.docs * docSize,
	} {
		if len(h.section[i]) != want {
			return damaged("section %d has %d bytes instead of %d", i, len(h.section[i]), want)
		}
	}
	if h.docs > maxDocs {
		return damaged("it claims %d documents", h.docs)
	}
	return nil
}

// assemble writes a segment of its sections.
func assemble(docs, terms, fields int, parts [sections][]byte) ([]byte, error) {
	size := headerSize
	for i, p := range parts {
		if len(p) >= maxSection {
			return nil, errs.New(errs.TooLarge, fmt.Sprintf("section %d of an index segment would have more than 4 GiB", i))
		}
		size += len(p)
	}
	out := make([]byte, 0, size)
	out = append(out, magic...)
	for _, n := range []int{docs, terms, fields} {
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
	}
	offset := headerSize
	for _, p := range parts {
		out = binary.LittleEndian.AppendUint64(out, uint64(offset))
		out = binary.LittleEndian.AppendUint64(out, uint64(len(p)))
		out = binary.LittleEndian.AppendUint32(out, checksum(p))
		offset += len(p)
	}
	out = binary.LittleEndian.AppendUint32(out, checksum(out))
	for _, p := range parts {
		out = append(out, p...)
	}
	return out, nil
}

// identity names a segment by its header, which holds the checksums of all the rest.
func identity(b []byte) string {
	sum := sha256.Sum256(b[:headerSize])
	return hex.EncodeToString(sum[:16])
}

// u32 reads the number at a place, 0 when there is none.
func u32(b []byte, at int) uint32 {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint32(b[at:])
}

// uvarint reads a number of at most 32 bits in base 128, as encoding/binary writes it, and
// gives the place behind it. Behind the end everything is 0.
func uvarint(b []byte, at int) (uint32, int) {
	if at < len(b) && b[at] < 0x80 {
		return uint32(b[at]), at + 1
	}
	var v uint32
	for shift := 0; at < len(b) && shift < 35; shift += 7 {
		c := b[at]
		at++
		v |= uint32(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	return v, at
}

// cut gives n bytes from a place on, fewer where the bytes end.
func cut(b []byte, at, n int) []byte {
	if at < 0 || n < 0 || at > len(b) {
		return nil
	}
	return b[at:min(len(b), at+n)]
}
