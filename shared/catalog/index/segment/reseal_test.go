package segment

import "encoding/binary"

// Reseal makes the checksums of a segment fit its bytes again, for tests of what damage does
// that no checksum shows. Bytes that are not even laid out as a segment stay as they are.
func Reseal(b []byte) {
	if len(b) < headerSize {
		return
	}
	for i := range sections {
		at := b[headPlaces+i*placeSize:]
		offset, length := binary.LittleEndian.Uint64(at), binary.LittleEndian.Uint64(at[8:])
		if offset > uint64(len(b)) || length > uint64(len(b))-offset {
			return
		}
		binary.LittleEndian.PutUint32(at[16:], checksum(b[offset:offset+length]))
	}
	binary.LittleEndian.PutUint32(b[headerSize-4:], checksum(b[:headerSize-4]))
}
