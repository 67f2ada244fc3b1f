package gitpush

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxPacket is the length of the longest pkt-line, its own four digits included.
const maxPacket = 65520

const flush = "0000"

var errMalformed = errors.New("the answer does not follow git's protocol")

// pktLine gives a text with its length before it.
func pktLine(text string) string { return fmt.Sprintf("%04x%s", len(text)+4, text) }

// readPacket reads one pkt-line; end says that it is the flush packet. An answer that
// breaks off is io.ErrUnexpectedEOF.
func readPacket(r io.Reader) (payload []byte, end bool, err error) {
	var digits [4]byte
	if _, err := io.ReadFull(r, digits[:]); err != nil {
		return nil, false, cutOff(err)
	}
	n, err := strconv.ParseUint(string(digits[:]), 16, 16)
	switch {
	case err != nil, n > maxPacket, n > 0 && n < 4:
		return nil, false, errMalformed
	case n == 0:
		return nil, true, nil
	}
	payload = make([]byte, n-4)
	if _, err := io.ReadFull(r, payload); err != nil {
		return nil, false, cutOff(err)
	}
	return payload, false, nil
}

func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readLine is readPacket for a line of text.
func readLine(r io.Reader) (line string, end bool, err error) {
	payload, end, err := readPacket(r)
	return strings.TrimSuffix(string(payload), "\n"), end, err
}
