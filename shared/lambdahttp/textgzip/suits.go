package textgzip

import (
	"io"
	"math"
	"math/bits"
)

const (
	looks     = 256      // places of a text that are looked at for bytes beyond ASCII
	tried     = 3 << 10  // bytes of a text that are compressed on trial
	triedFrom = 16 << 10 // length of a text from which that pays
	enough    = 32       // references in these bytes that tell something
	dearer    = 1.75     // how much longer than their own the codes of distances may be
)

// Suits reports whether the codes suit a text, by some of it: at most an eighth is beyond
// ASCII, and it does not repeat itself at the same few distances, as lists of names do.
// Reset must follow.
func (w *Writer) Suits(text []byte) bool {
	beyond, step := 0, max(8, len(text)/looks)
	for at := 0; at+8 <= len(text); at += step {
		beyond += bits.OnesCount64(load8(text, at) & 0x8080808080808080)
	}
	if beyond > len(text)/step {
		return false
	}
	if len(text) < triedFrom {
		return true
	}
	w.Reset(io.Discard)
	w.compress(text[len(text)/2:][:tried])
	return w.distancesSuit()
}

// distancesSuit compares what the distances took with their entropy.
func (w *Writer) distancesSuit() bool {
	all := 0
	for _, n := range w.distances {
		all += n
	}
	taken, least := 0.0, 0.0
	for symbol, n := range w.distances {
		if n > 0 {
			taken += float64(n) * float64(distanceCodes[symbol].size())
			least += float64(n) * math.Log2(float64(all)/float64(n))
		}
	}
	return all < enough || taken <= dearer*least
}
