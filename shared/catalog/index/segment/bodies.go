package segment

import (
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/s2"
)

// Body is what is stored of a document besides its terms.
type Body struct {
	ContentETag string // of the entity as it is stored
	ETag        string // of the entity as it is shown
	JSON        []byte // the entity as it is shown
}

// append writes a body as it is compressed.
func (b Body) append(out []byte) []byte {
	for _, s := range []string{b.ContentETag, b.ETag} {
		out = binary.AppendUvarint(out, uint64(len(s)))
		out = append(out, s...)
	}
	return append(out, b.JSON...)
}

func parseBody(b []byte) Body {
	var text [2]string
	at := 0
	for i := range text {
		n, behind := uvarint(b, at)
		part := cut(b, behind, int(n))
		text[i], at = string(part), behind+len(part)
	}
	return Body{ContentETag: text[0], ETag: text[1], JSON: b[min(at, len(b)):]}
}

// What a damaged block may claim to be is bounded: bodies are stored entities of at most
// 400 KB and their relations, and besides what is in the dictionary as it is, none is compressed
// to less than a part in maxRatio.
const (
	maxBody  = 64 << 20
	maxRatio = 256
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

// bodyReader decompresses bodies. S2 blocks are a quarter larger than zstd's
// frames with as large a dictionary, and read in a quarter of the time.
type bodyReader struct{ dict *s2.Dict }

func newBodyReader(dicts []byte) (bodyReader, error) {
	all := parseDictionaries(dicts)
	if len(all) == 0 || len(all[0].Bytes) == 0 {
		return bodyReader{}, nil
	}
	dict := s2.NewDict(all[0].Bytes)
	if dict == nil {
		return bodyReader{}, damaged("the dictionary can't be read")
	}
	return bodyReader{dict}, nil
}

func (r bodyReader) read(block []byte) (Body, error) {
	size, err := s2.DecodedLen(block)
	if err != nil || size > maxBody || size > len(block)*maxRatio+s2.MaxDictSize {
		return Body{}, damaged("a body is no S2 block, or claims to be too large")
	}
	raw := make([]byte, size)
	if r.dict == nil {
		raw, err = s2.Decode(raw, block)
	} else {
		raw, err = r.dict.Decode(raw, block)
	}
	if err != nil {
		return Body{}, damaged("a body can't be read: %v", err)
	}
	return parseBody(raw), nil
}

// bodyWriter compresses bodies.
type bodyWriter struct {
	dict           *s2.Dict // nil for none
	scratch, block []byte
}

func newBodyWriter(dict Dictionary) *bodyWriter { return &bodyWriter{dict: s2.NewDict(dict.Bytes)} }

// write gives the block of a body; the next call overwrites it.
func (w *bodyWriter) write(b Body) []byte {
	w.scratch = b.append(w.scratch[:0])
	if most := s2.MaxEncodedLen(len(w.scratch)); cap(w.block) < most {
		w.block = make([]byte, most)
	}
	if w.dict == nil {
		return s2.EncodeBetter(w.block[:cap(w.block)], w.scratch)
	}
	return w.dict.EncodeBetter(w.block[:cap(w.block)], w.scratch)
}

// The measures of a dictionary: whole bodies, as many as the format takes.
const (
	dictSample = 16 << 10 // bytes of one body
	dictLeast  = 64       // documents; fewer are compressed without
)

// Train makes a dictionary of bodies spread over the documents; an empty one when there are
// too few of them.
func Train(n int, body func(i int) (Body, error)) (Dictionary, error) {
	if n < dictLeast {
		return Dictionary{}, nil
	}
	var history []byte
	for i := 0; i < n && len(history) < s2.MaxDictSize; i += max(1, n/dictLeast) {
		b, err := body(i)
		if err != nil {
			return Dictionary{}, fmt.Errorf("sampling a body: %w", err)
		}
		raw := b.append(nil)
		history = append(history, raw[:min(len(raw), dictSample)]...)
	}
	dict := s2.MakeDict(history[:min(len(history), s2.MaxDictSize)], nil)
	if dict == nil {
		return Dictionary{}, nil // there is next to nothing in the bodies
	}
	return Dictionary{Bytes: dict.Bytes(), Samples: n}, nil
}
