// Package textgzip owns gzip (RFC 1952) of answers, which are JSON or other text that is mostly
// ASCII, compressed once and sent once: there time counts more than the last percent. It is
// faster than compressors for anything because nothing is counted before it is written. The
// codes (RFC 1951 §3.2.7) are the same for every text, trained on entities and their lists
// (tables.go). What these hardly have takes more bits than it would elsewhere: Suits tells texts of
// which it is too great a part (suits.go).
//
// Flow: Writer.Write → compress, piece by piece (match.go): what was there before, by a hash of
// six bytes → emit (emit.go): literals, lengths and distances as bits → Close.
//
// Equal texts written in equal parts become equal bytes.
package textgzip

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// piece is how many bytes are compressed at least at once, but for the last ones. What is
// before a piece is not referred to.
const piece = 32 << 10

// Writer compresses to another writer. It is used again after Reset, which a new one needs
// too.
type Writer struct {
	dst   io.Writer
	err   error
	held  []byte // less than a piece
	sum   uint32 // CRC-32 of all bytes
	size  uint32 // their number, modulo 2^32
	table [1 << tableBits]uint32
	stream
}

var _ io.WriteCloser = (*Writer)(nil)

// Reset begins another text.
func (w *Writer) Reset(dst io.Writer) {
	w.dst, w.err, w.held, w.sum, w.size = dst, nil, w.held[:0], 0, 0
	w.reset()
	w.begin()
}

// gzipHeader says deflate, fastest, and nothing of time, name and system.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"

// begin writes the headers of the file and of its one block.
func (w *Writer) begin() {
	w.room(len(gzipHeader) + len(blockHeader))
	for _, c := range []byte(gzipHeader) {
		w.put(uint64(c), 8)
	}
	for i := 0; i < blockHeaderBits; i += 8 {
		w.put(uint64(blockHeader[i/8]), uint(min(8, blockHeaderBits-i)))
	}
}

// Write takes a part of the text and keeps nothing of p.
func (w *Writer) Write(p []byte) (int, error) {
	w.sum, w.size = crc32.Update(w.sum, crc32.IEEETable, p), w.size+uint32(len(p))
	if len(p) < piece {
		if w.held = append(w.held, p...); len(w.held) >= piece {
			w.flush()
		}
		return len(p), w.err
	}
	w.flush()
	w.compress(p)
	w.send()
	return len(p), w.err
}

// flush compresses what is held.
func (w *Writer) flush() {
	w.compress(w.held)
	w.held = w.held[:0]
	w.send()
}

// Close ends the text. It does not close the other writer.
func (w *Writer) Close() error {
	w.compress(w.held)
	w.held = w.held[:0]
	w.end()
	w.out = binary.LittleEndian.AppendUint32(w.out[:w.at], w.sum)
	w.out = binary.LittleEndian.AppendUint32(w.out, w.size)
	w.at = len(w.out)
	w.send()
	return w.err
}

// send passes on the whole bytes there are.
func (w *Writer) send() {
	if w.err == nil {
		_, w.err = w.dst.Write(w.out[:w.at])
	}
	w.at = 0
}
