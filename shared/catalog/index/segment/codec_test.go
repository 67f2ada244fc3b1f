package segment_test

import (
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/slipwayhq/slipway/shared/catalog/catalogtest/crowd"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// BenchmarkBodyCodecs compares what reading one body costs in the two formats that take a
// dictionary, with as much of the same bodies in it: the reason why bodies are S2.
func BenchmarkBodyCodecs(b *testing.B) {
	var bodies, samples [][]byte
	var history []byte
	for e := range crowd.Entities(2000, 1) {
		body, err := entity.Canonical(e)
		if err != nil {
			b.Fatal(err)
		}
		if bodies = append(bodies, body); len(bodies)%30 == 0 && len(history)+len(body) <= s2.MaxDictSize {
			samples, history = append(samples, body), append(history, body...)
		}
	}
	plain := s2.MakeDict(history, nil)
	b.Run("s2", func(b *testing.B) {
		readAll(b, bodies, plain.EncodeBetter, plain.Decode)
	})
	trained, err := zstd.BuildDict(zstd.BuildDictOptions{ID: 1 << 16, Contents: samples, History: history, Offsets: [3]int{1, 4, 8}})
	if err != nil {
		b.Fatal(err)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderDict(trained), zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true))
	if err != nil {
		b.Fatal(err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderDicts(trained))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("zstd", func(b *testing.B) {
		readAll(b, bodies, func(_, src []byte) []byte { return enc.EncodeAll(src, nil) },
			func(dst, src []byte) ([]byte, error) { return dec.DecodeAll(src, dst[:0]) })
	})
}

func readAll(b *testing.B, bodies [][]byte, encode func(dst, src []byte) []byte, decode func(dst, src []byte) ([]byte, error)) {
	b.Helper()
	var blocks [][]byte
	bytes := 0
	for _, body := range bodies {
		blocks = append(blocks, encode(nil, body))
		bytes += len(blocks[len(blocks)-1])
	}
	into := make([]byte, 1<<16)
	b.ResetTimer()
	for i := range b.N {
		if _, err := decode(into, blocks[i%len(blocks)]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(bytes)/float64(len(bodies)), "B/body")
}
