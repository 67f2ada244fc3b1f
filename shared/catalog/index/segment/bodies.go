package segment

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/klauspost/compress/s2"
)

// Body is what is stored of a document besides its terms.
type Body struct {
	ContentETag string // of the entity as it is stored
	ETag        string // of the entity as it is shown
	JSON        []byte // the entity as it is shown
}

// append writes a body as it is compressed: the JSON first, so that it can be decompressed to
// where it is wanted, each etag with its length behind it.
func (b Body) append(out []byte) []byte {
	out = append(out, b.JSON...)
	for _, s := range []string{b.ETag, b.ContentETag} {
		raw, err := hex.DecodeString(s)
		if err != nil || hex.EncodeToString(raw) != s || len(raw) > maxETag { // no digest: as it stands
			raw = nil
		}
		isDigest := len(raw) > 0
		if !isDigest {
			raw = []byte(s[:min(len(s), maxETag)])
		}
		out = binary.LittleEndian.AppendUint16(append(out, raw...), etagMark(len(raw), isDigest))
	}
	return out
}

// maxETag is what is kept of an etag in bytes. Etags are digests; nothing longer is one.
const maxETag = 256

// etagMark tells an etag's length, and whether it is a digest, which takes half of what it
// takes as text.
func etagMark(n int, isDigest bool) uint16 {
	mark := uint16(n) << 1
	if isDigest {
		mark |= 1
	}
	return mark
}

// cutETag takes the last etag off a body.
func cutETag(b []byte) (rest, raw []byte, isDigest bool) {
	at := max(0, len(b)-2)
	mark := uint16(0)
	if len(b) >= 2 {
		mark = binary.LittleEndian.Uint16(b[at:])
	}
	begin := max(0, at-int(mark>>1))
	return b[:begin], b[begin:at], mark&1 == 1
}

func parseBody(b []byte) Body {
	var etags [2]string
	for i := range etags {
		rest, raw, isDigest := cutETag(b)
		etags[i], b = string(raw), rest
		if isDigest {
			etags[i] = hex.EncodeToString(raw)
		}
	}
	return Body{ContentETag: etags[0], ETag: etags[1], JSON: b}
}

// What a damaged block may claim to be is bounded. Stored entities have 400 KB at most, and may
// repeat themselves as much as they like; with relations on top no body is compressed to less
// than a part in maxRatio.
const (
	usualBody = 1 << 20
	maxBody   = 64 << 20
	maxRatio  = 256
)

// Dictionary is what the bodies of a segment are compressed with: the usual phrases.
type Dictionary struct {
	Bytes   []byte
	Samples int // documents there were when it was made
}

// dictionaries in a segment: per dictionary the number of documents there were, its length,
// and its bytes.
func appendDictionary(out []byte, d Dictionary) []byte {
	out = binary.LittleEndian.AppendUint32(out, uint32(d.Samples))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(d.Bytes)))
	return append(out, d.Bytes...)
}

func parseDictionaries(b []byte) []Dictionary {
	var out []Dictionary
	for at := 0; at+8 <= len(b); {
		d := Dictionary{Samples: int(u32(b, at)), Bytes: cut(b, at+8, int(u32(b, at+4)))}
		at += 8 + len(d.Bytes)
		out = append(out, d)
	}
	return out
}

// bodyReader decompresses blocks.
type bodyReader struct{ dict *s2.Dict } // nil for none

func newBodyReader(dicts []byte) (bodyReader, error) {
	all := parseDictionaries(dicts)
	if len(all) == 0 || len(all[0].Bytes) == 0 {
		return bodyReader{}, nil
	}
	dict := s2.MakeDict(all[0].Bytes, nil)
	if dict == nil {
		return bodyReader{}, damaged("a dictionary can't be read")
	}
	return bodyReader{dict}, nil
}

// append decompresses a block behind dst.
func (r bodyReader) append(dst, block []byte) ([]byte, error) {
	size, err := s2.DecodedLen(block)
	if err != nil || size > maxBody || size > max(usualBody, len(block)*maxRatio) {
		return dst, damaged("a body can't be read: %v", err)
	}
	dst = slices.Grow(dst, size)
	into := dst[len(dst) : len(dst)+size]
	if r.dict == nil {
		_, err = s2.Decode(into, block)
	} else {
		_, err = r.dict.Decode(into, block)
	}
	if err != nil {
		return dst, damaged("a body can't be read: %v", err)
	}
	return dst[:len(dst)+size], nil
}

func (r bodyReader) read(block []byte) (Body, error) {
	raw, err := r.append(nil, block)
	if err != nil {
		return Body{}, err
	}
	return parseBody(raw), nil
}

// appendJSON decompresses the JSON of a block behind dst.
func (r bodyReader) appendJSON(dst, block []byte) ([]byte, error) {
	whole, err := r.append(dst, block)
	if err != nil {
		return dst, err
	}
	body := whole[len(dst):]
	for range 2 {
		body, _, _ = cutETag(body)
	}
	return whole[:len(dst)+len(body)], nil
}

// bodyWriter compresses bodies.
type bodyWriter struct {
	dict         *s2.Dict // nil for none
	scratch, buf []byte
}

func newBodyWriter(dict Dictionary) *bodyWriter {
	w := &bodyWriter{}
	if len(dict.Bytes) > 0 {
		w.dict = s2.MakeDict(dict.Bytes, nil)
	}
	return w
}

// write gives the block of a body; the next call overwrites it.
func (w *bodyWriter) write(b Body) []byte {
	w.scratch = b.append(w.scratch[:0])
	w.buf = slices.Grow(w.buf[:0], s2.MaxEncodedLen(len(w.scratch)))
	into := w.buf[:cap(w.buf)]
	if w.dict == nil {
		return s2.EncodeBetter(into, w.scratch)
	}
	return w.dict.EncodeBetter(into, w.scratch)
}

// The measures of a dictionary. It is plain bodies, as many as S2 looks back to: blocks are a
// quarter larger than zstd's frames with such a dictionary, and read in a quarter of the time.
const (
	dictBytes  = 64 << 10
	dictSample = 16 << 10 // bytes of one body at most
	dictLeast  = 64       // documents; fewer are compressed without
)

// Train makes a dictionary of bodies spread over the documents; an empty one when there are
// too few of them.
func Train(n int, body func(i int) (Body, error)) (Dictionary, error) {
	if n < dictLeast {
		return Dictionary{}, nil
	}
	var history []byte
	for i := 0; i < n && len(history) < dictBytes; i += max(1, n/dictLeast) {
		b, err := body(i)
		if err != nil {
			return Dictionary{}, fmt.Errorf("sampling a body: %w", err)
		}
		history = append(history, b.JSON[:min(len(b.JSON), dictSample)]...)
	}
	history = history[:min(len(history), dictBytes)]
	if len(history) < s2.MinDictSize {
		return Dictionary{}, nil
	}
	return Dictionary{Bytes: history, Samples: n}, nil
}
