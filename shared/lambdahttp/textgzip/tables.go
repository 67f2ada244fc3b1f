package textgzip

import "math/bits"

// maxCode is the length of the longest code of a byte, in bits. Four of them, and the seven
// bits that may be pending, fit into a word.
const maxCode = 11

// How many bits the code of each symbol takes, as hexadecimal digits, and how a block says so
// (RFC 1951 §3.2.7). TestTables makes both of entities, with -update.
const (
	textSizes       = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb6a5aaaaaaaaa758766666777776aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa9a9aaa575647775a857556a565678a7a8a8abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb66777577889785799977aa9bbb"
	distanceSizes   = "bbabba998864654555364355444545"
	blockHeader     = "\xed\xfd\x05\x80\xe3\xb6\x12\x05\x00\x7c\x66\x66\xfe\xae\xca\x6d\xb4\x31\x85\x5c\x66\x66\xee\xf5\xda\x2a\xf2\x24\x51\x57\x91\x5c\x59\xce\x36\xdd\x6e\x3f\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33\xb3\x9d\x44\xc9\xee\x65\x95\xbb\x4b\xda\xfb\xd4\xff\x7b\xb7\xeb\xb1\x46\xd2\xf3\x3c\x69\x66\x34\x02"
	blockHeaderBits = 579
)

// endOfBlock is the symbol behind the bytes' own. Behind it are those of lengths.
const endOfBlock = 256

var (
	literalCodes, endCode, lengthCodes = textCodes()
	distanceCodes                      = [32]code(append(codes(distanceSizes), 0, 0))
)

// textCodes gives the codes of bytes, of the end, and of lengths less minLength, with the bits
// that follow each.
func textCodes() (literals [256]code, end code, lengths [256]code) {
	all := codes(textSizes)
	for i := range lengths {
		symbol, extra := lengthSymbol(uint32(i))
		c := all[symbol]
		follows := uint64(i) & (1<<extra - 1)
		lengths[i] = code(c.bits()|follows<<c.size()) | code(c.size()+uint(extra))<<24
	}
	return [256]code(all), all[endOfBlock], lengths
}

// lengthSymbol gives the symbol of a length less minLength, and how many lower bits of it
// follow (RFC 1951 §3.2.5). The greatest length has a symbol of its own.
func lengthSymbol(length uint32) (symbol, extra uint32) {
	switch {
	case length < 8:
		return endOfBlock + 1 + length, 0
	case length == maxLength-minLength:
		return endOfBlock + 29, 0
	}
	extra = uint32(bits.Len32(length)) - 3
	return endOfBlock + 1 + 4*extra + length>>extra, extra
}

// codes gives each symbol the code that follows from the sizes of all (RFC 1951 §3.2.2).
func codes(sizes string) []code {
	var next [17]uint16
	for size := 1; size < 16; size++ {
		n := uint16(0)
		for i := range len(sizes) {
			if digit(sizes[i]) == size {
				n++
			}
		}
		next[size+1] = (next[size] + n) << 1
	}
	out := make([]code, len(sizes))
	for i := range len(sizes) {
		if size := digit(sizes[i]); size > 0 {
			out[i] = code(bits.Reverse16(next[size])>>(16-size)) | code(size)<<24
			next[size]++
		}
	}
	return out
}

// digit gives the value of a hexadecimal digit.
func digit(c byte) int {
	if c >= 'a' {
		return int(c-'a') + 10
	}
	return int(c - '0')
}
