package textgzip

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	fast "github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"
)

// unpacked reads a compressed text with somebody else's reader, which checks sum and length.
func unpacked(t rapid.TB, body []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	z.Multistream(false)
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// packedInParts writes a text in parts of such sizes, over and over.
func packedInParts(t rapid.TB, w *Writer, text []byte, parts []int) []byte {
	t.Helper()
	var out bytes.Buffer
	w.Reset(&out)
	for i, rest := 0, text; len(rest) > 0; i++ {
		n := len(rest)
		if len(parts) > 0 {
			n = min(n, parts[i%len(parts)])
		}
		if wrote, err := w.Write(rest[:n]); wrote != n || err != nil {
			t.Fatalf("wrote %d of %d, %v", wrote, n, err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTextsComeBack(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100<<10)
	for i := range noise {
		noise[i] = byte(chance.Uint32())
	}
	far := bytes.Clone(noise)
	copy(far[window:], noise[:300])        // as far back as there is a distance for
	copy(far[2*window+1:], noise[:window]) // and one more
	w := &Writer{}
	for name, text := range map[string][]byte{
		"nothing": {}, "one byte": {0}, "a few": []byte("a few bytes"), "as many as are not looked at": bytes.Repeat([]byte("x"), margin),
		"one byte again and again": bytes.Repeat([]byte{0xff}, 1<<20), "three bytes": bytes.Repeat([]byte("abc"), 1<<16),
		"noise": noise, "far back": far, "what the table holds for nothing": append([]byte{0, 0, 0, 0, 0}, make([]byte, 40)...),
		"other letters": []byte(strings.Repeat("каталог, 目録, κατάλογος ", 3000)),
	} {
		for _, parts := range [][]int{nil, {1}, {piece - 1, 1}, {piece}, {piece + 1, 7}} {
			if len(parts) == 1 && parts[0] == 1 && len(text) > 1<<17 {
				continue // bytes one by one take long under the race detector
			}
			if got := unpacked(t, packedInParts(t, w, text, parts)); !bytes.Equal(got, text) {
				t.Errorf("%s in parts of %v: %d of %d bytes", name, parts, len(got), len(text))
			}
		}
	}
}

// TestManyLengthsAndDistances: a repetition of each length at which something changes, after each
// of many distances.
func TestManyLengthsAndDistances(t *testing.T) {
	t.Parallel()
	w := &Writer{}
	chance := rand.New(rand.NewPCG(3, 4))
	for distance := 1; distance <= window; distance += 1 + distance/3 {
		for _, n := range []int{shortest, 5, 10, 11, 257, 258, 259, 260, 261, 262, 515, 516, 517, 518, 519, 1000} {
			text := make([]byte, distance, distance+n+margin)
			for i := range text {
				text[i] = byte(chance.Uint32())
			}
			for range n {
				text = append(text, text[len(text)-distance])
			}
			text = append(text, bytes.Repeat([]byte("0123456789"), 3)...)
			if got := unpacked(t, packedInParts(t, w, text, nil)); !bytes.Equal(got, text) {
				t.Fatalf("%d bytes, %d back", n, distance)
			}
		}
	}
}

func TestAnyTextComesBack(t *testing.T) {
	t.Parallel()
	w := &Writer{}
	rapid.Check(t, func(t *rapid.T) {
		var text []byte
		for range rapid.IntRange(0, 40).Draw(t, "parts") {
			if len(text) > 0 && rapid.Bool().Draw(t, "again") {
				from := rapid.IntRange(0, len(text)-1).Draw(t, "from")
				text = append(text, text[from:min(len(text), from+rapid.IntRange(1, 600).Draw(t, "n"))]...)
				continue
			}
			text = append(text, rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "new")...)
		}
		parts := rapid.SliceOfN(rapid.IntRange(1, 2*piece), 0, 3).Draw(t, "in")
		once := packedInParts(t, w, text, parts)
		if got := unpacked(t, once); !bytes.Equal(got, text) {
			t.Fatalf("%d of %d bytes", len(got), len(text))
		}
		if again := packedInParts(t, &Writer{}, text, parts); !bytes.Equal(again, once) {
			t.Fatal("the same text becomes other bytes in a writer that was used before")
		}
	})
}

// TestSize: what the fixed codes cost, against the fastest level of a common compressor.
func TestSize(t *testing.T) {
	t.Parallel()
	all := answers(t)
	chance := rand.New(rand.NewPCG(5, 6))
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(chance.Uint32())
	}
	letters := make([]byte, 32<<10)
	for i := range letters {
		letters[i] = ' ' + byte(chance.Uint32N('~'-' '+1))
	}
	for name, c := range map[string]struct {
		texts [][]byte
		most  float64 // of the common size
	}{
		"answers": {all, 1.08}, "a list": {all[1:2], 1.04}, "counts": {all[len(all)-1:], 1.15},
		"any ASCII": {[][]byte{letters}, 1.3}, "noise": {[][]byte{noise}, 1.38},
	} {
		own, common := 0, 0
		for _, text := range c.texts {
			own += len(packed(text))
			var out bytes.Buffer
			z, err := fast.NewWriterLevel(&out, fast.BestSpeed)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = z.Write(text)
			_ = z.Close()
			common += out.Len()
		}
		if ratio := float64(own) / float64(common); ratio > c.most {
			t.Errorf("%s: %d bytes, commonly %d: %.3f", name, own, common, ratio)
		} else {
			t.Logf("%s: %.3f", name, ratio)
		}
	}
}

// full takes so many bytes and no more.
type full struct{ left int }

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestFailuresAreTold(t *testing.T) {
	t.Parallel()
	w := &Writer{}
	noise := make([]byte, 3*piece)
	chance := rand.New(rand.NewPCG(7, 8))
	for i := range noise {
		noise[i] = byte(chance.Uint32())
	}
	w.Reset(&full{left: piece})
	if _, err := w.Write(noise); !errors.Is(err, errFull) {
		t.Error("writing", err)
	}
	if _, err := w.Write(noise[:1]); !errors.Is(err, errFull) {
		t.Error("again", err)
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Error("closing", err)
	}
	w.Reset(&full{left: 1 << 20})
	if _, err := w.Write(noise); err != nil || w.Close() != nil {
		t.Error("after another beginning", err)
	}
}

// FuzzWriter holds whatever is written, in two parts, against somebody else's reader.
func FuzzWriter(f *testing.F) {
	for _, a := range answers(f)[:3] {
		f.Add(a, uint16(7), uint8(3))
	}
	f.Add([]byte("abcabcabcabcabcabcabcabcabc"), uint16(3), uint8(255))
	w := &Writer{}
	f.Fuzz(func(t *testing.T, text []byte, cut uint16, times uint8) {
		text = bytes.Repeat(text, int(times)+1)
		if len(text) > 1<<20 {
			return
		}
		if got := unpacked(t, packedInParts(t, w, text, []int{int(cut) + 1})); !bytes.Equal(got, text) {
			t.Fatalf("%d of %d bytes", len(got), len(text))
		}
	})
}

// BenchmarkWriter compares with a common compressor's fastest level.
func BenchmarkWriter(b *testing.B) {
	all := answers(b)
	for name, text := range map[string][]byte{"entity": all[0], "list": all[1]} {
		b.Run(name, func(b *testing.B) {
			w := &Writer{}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				w.Reset(io.Discard)
				_, _ = w.Write(text)
				_ = w.Close()
			}
		})
		b.Run(name+", common", func(b *testing.B) {
			w, err := fast.NewWriterLevel(io.Discard, fast.BestSpeed)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				w.Reset(io.Discard)
				_, _ = w.Write(text)
				_ = w.Close()
			}
		})
	}
}
