package snapshot

import (
	"bytes"
	"runtime"
	"testing"
)

// TestUnfilledBlocks: each is whole, one's own, and there for as long as it is used.
func TestUnfilledBlocks(t *testing.T) {
	t.Parallel()
	var blocks [][]byte
	for i, size := range []int{0, 1, 7, 8, 1000, 32 << 10, 1<<20 + 1, 9 << 20, 17 << 20} {
		block := unfilled(size)
		if len(block) != size || cap(block) != size {
			t.Fatalf("%d bytes with room for %d instead of %d", len(block), cap(block), size)
		}
		for at := range block {
			block[at] = byte(i)
		}
		blocks = append(blocks, block)
		runtime.GC()
	}
	for i, block := range blocks {
		if !bytes.Equal(block, bytes.Repeat([]byte{byte(i)}, len(block))) {
			t.Errorf("block %d of %d bytes is not what was written", i, len(block))
		}
	}
}
