package bolttable

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// A record is: one byte for the format, the expiry in seconds since the epoch (8 bytes, big
// endian) when the format says so, the length of the revision (1 byte), the revision, the body.
const (
	formatPlain   = 1
	formatExpires = 2
)

const maxRevision = 255 // bytes

// record is an item as stored, without its key.
type record struct {
	revision string
	expires  time.Time // zero for never
	body     []byte    // of the transaction it was read in, unless copied
}

func (r record) encode() []byte {
	out := make([]byte, 0, 10+len(r.revision)+len(r.body))
	if r.expires.IsZero() {
		out = append(out, formatPlain)
	} else {
		out = binary.BigEndian.AppendUint64(append(out, formatExpires), uint64(r.expires.Unix())) //nolint:gosec // decodeRecord turns it back
	}
	out = append(out, byte(len(r.revision))) //nolint:gosec // at most maxRevision
	out = append(out, r.revision...)
	return append(out, r.body...)
}

func decodeRecord(raw []byte) (record, error) {
	damaged := errs.New(errs.Internal, "a record of the data file is damaged")
	var r record
	if len(raw) == 0 {
		return r, damaged
	}
	format, rest := raw[0], raw[1:]
	switch {
	case format == formatExpires && len(rest) >= 8:
		r.expires = time.Unix(int64(binary.BigEndian.Uint64(rest)), 0).UTC() //nolint:gosec // as encode wrote it
		rest = rest[8:]
	case format != formatPlain:
		return r, damaged
	}
	if len(rest) == 0 || len(rest) < 1+int(rest[0]) {
		return r, damaged
	}
	n := int(rest[0])
	r.revision, r.body = string(rest[1:1+n]), rest[1+n:]
	return r, nil
}

// live reports whether the record has not expired at now.
func (r record) live(now time.Time) bool {
	return r.expires.IsZero() || r.expires.Unix() > now.Unix()
}

// item gives the record as an item of its own memory.
func (r record) item(k table.Key) table.Item {
	return table.Item{Key: k, Body: bytes.Clone(r.body), Expires: r.expires, Revision: r.revision}
}

// encodeKey puts the parts of a key in the order of the file.
func encodeKey(k table.Key) []byte { return []byte(k.PK + "\x00" + k.SK) }
