package search

// bitset is a set of slots.
type bitset []uint64

// full gives the set of the first n slots.
func full(n int) bitset {
	b := make(bitset, (n+63)/64)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if n%64 != 0 {
		b[len(b)-1] = 1<<(n%64) - 1
	}
	return b
}

func (b bitset) has(slot uint32) bool { return b[slot>>6]&(1<<(slot&63)) != 0 }

// with adds a slot; the set grows if need be.
func (b bitset) with(slot uint32) bitset {
	for int(slot>>6) >= len(b) {
		b = append(b, 0)
	}
	b[slot>>6] |= 1 << (slot & 63)
	return b
}

func (b bitset) clear(slot uint32) { b[slot>>6] &^= 1 << (slot & 63) }

// and keeps what is in other as well.
func (b bitset) and(other bitset) {
	for i := range b {
		b[i] &= other[i]
	}
}

// or adds what is in other.
func (b bitset) or(other bitset) {
	for i := range b {
		b[i] |= other[i]
	}
}
