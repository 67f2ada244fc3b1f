package snapshot

import (
	"strings"
	"unsafe"
)

// unfilled makes a block that is filled as a whole before anybody reads it: what was in its
// memory before may still be there. Clearing it would take as long as filling it does, and the kernel
// gives no large pages to memory that was touched before they were asked for. A Builder is the
// one thing in Go's library that gives such memory away.
func unfilled(size int) []byte {
	if size == 0 {
		return []byte{}
	}
	var b strings.Builder
	b.Grow(size)
	_ = b.WriteByte(0)                                         // the data of an empty string need not be anywhere
	block := unsafe.Slice(unsafe.StringData(b.String()), size) //nolint:gosec // Grow made as many, and nobody else has them
	largePages(block)
	return block
}
