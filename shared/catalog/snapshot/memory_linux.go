package snapshot

import "syscall"

// largePages asks the kernel to back a large block with large pages: it then faults, and
// clears, a few hundred times while the block is filled instead of tens of thousands. Where
// it does not, nothing is lost.
func largePages(block []byte) {
	const page = 2 << 20
	if len(block) >= 4*page {
		_ = syscall.Madvise(block[:len(block)-len(block)%4096], syscall.MADV_HUGEPAGE)
	}
}
