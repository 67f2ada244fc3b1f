package segment

import (
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/zstd"
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

// What a damaged frame may claim to be is bounded: bodies are stored entities of at most
// 400 KB and their relations, and besides what is in the dictionary as it is, none is compressed
// to less than a part in maxRatio.
const (
	maxBody  = 64 << 20
	maxRatio = 256
)

// Dictionary is what the frames of a segment are compressed with: the usual phrases.
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

// bodyReader decompresses frames.
type bodyReader struct{ dec *zstd.Decoder }

func newBodyReader(dicts []byte) (bodyReader, error) {
	options := []zstd.DOption{zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBody), zstd.IgnoreChecksum(true)}
	for _, d := range parseDictionaries(dicts) {
		options = append(options, zstd.WithDecoderDicts(d.Bytes))
	}
	dec, err := zstd.NewReader(nil, options...)
	if err != nil {
		return bodyReader{}, damaged("a dictionary can't be read: %v", err)
	}
	return bodyReader{dec}, nil
}

func (r bodyReader) read(frame []byte) (Body, error) {
	var h zstd.Header
	if err := h.Decode(frame); err != nil || !h.HasFCS || h.FrameContentSize > uint64(len(frame))*maxRatio+dictHistory {
		return Body{}, damaged("a body is no frame, or claims to be too large")
	}
	raw, err := r.dec.DecodeAll(frame, nil)
	if err != nil {
		return Body{}, damaged("a body can't be read: %v", err)
	}
	return parseBody(raw), nil
}

// bodyWriter compresses bodies.
type bodyWriter struct {
	enc     *zstd.Encoder
	dict    Dictionary
	scratch []byte
}

func newBodyWriter(dict Dictionary) (*bodyWriter, error) {
	options := []zstd.EOption{zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true),
		zstd.WithEncoderLevel(zstd.SpeedFastest)}
	if len(dict.Bytes) > 0 {
		options = append(options, zstd.WithEncoderDict(dict.Bytes))
	}
	enc, err := zstd.NewWriter(nil, options...)
	if err != nil {
		return nil, fmt.Errorf("preparing to compress bodies: %w", err)
	}
	return &bodyWriter{enc: enc, dict: dict}, nil
}

// write appends the frame of a body.
func (w *bodyWriter) write(out []byte, b Body) []byte {
	w.scratch = b.append(w.scratch[:0])
	return w.enc.EncodeAll(w.scratch, out)
}

// The measures of a dictionary: with 96 KB of whole bodies a frame has a tenth less than with
// a selection of phrases, and the fastest level then compresses as well as the next ones at half
// or a fifth of their time. The tables come from a few hundred bodies.
const (
	dictHistory = 96 << 10
	dictSamples = 256
	dictSample  = 16 << 10 // bytes of one; the library can't take more than a block
	dictLeast   = 64       // documents; fewer are compressed without
)

// Train makes a dictionary of bodies spread over the documents; an empty one when there are
// too few of them.
func Train(n int, body func(i int) (Body, error)) (Dictionary, error) {
	if n < dictLeast {
		return Dictionary{}, nil
	}
	var samples [][]byte
	var history []byte
	step := max(1, n/dictSamples)
	for i := 0; i < n; i += step {
		b, err := body(i)
		if err != nil {
			return Dictionary{}, fmt.Errorf("sampling a body: %w", err)
		}
		raw := b.append(nil)
		raw = raw[:min(len(raw), dictSample)]
		samples = append(samples, raw)
		if len(history)+len(raw) <= dictHistory {
			history = append(history, raw...)
		}
	}
	if len(history) < 4096 {
		return Dictionary{}, nil
	}
	id := checksum(history)&0x7fffffff | 0x8000 // below 2^15 and above 2^31 are reserved
	dict, err := zstd.BuildDict(zstd.BuildDictOptions{ID: id, Contents: samples, History: history,
		Offsets: [3]int{1, 4, 8}, Level: zstd.SpeedFastest})
	if err != nil {
		return Dictionary{}, nil // bodies that are too much alike make none, and need none
	}
	return Dictionary{Bytes: dict, Samples: n}, nil
}
