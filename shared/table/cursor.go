package table

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// cursorSum is how many bytes of checksum tie a cursor to its partition. It guards against
// mistakes, not against forgery: a forged cursor is a position that any query may start at.
const cursorSum = 8

// NewCursor makes the Next of a page of partition pk that ended at sort key sk.
func NewCursor(pk, sk string) string {
	return base64.RawURLEncoding.EncodeToString(append(cursorChecksum(pk, sk), sk...))
}

// Position gives the sort key that q.After stands at, "" when the query starts at its
// beginning. Invalid when it is not a cursor of the partition or outside of the query's range.
func Position(q Query) (string, error) {
	if q.After == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(q.After)
	if err != nil || len(raw) <= cursorSum {
		return "", errs.New(errs.Invalid, "the cursor is not one that was given out")
	}
	sk := string(raw[cursorSum:])
	if string(raw[:cursorSum]) != string(cursorChecksum(q.PK, sk)) {
		return "", errs.New(errs.Invalid, "the cursor is not one of this list")
	}
	if !strings.HasPrefix(sk, q.Prefix) || sk < q.From || (q.To != "" && sk >= q.To) {
		return "", errs.New(errs.Invalid, "the cursor belongs to another query")
	}
	return sk, nil
}

func cursorChecksum(pk, sk string) []byte {
	sum := sha256.Sum256([]byte(pk + "\x00" + sk))
	return sum[:cursorSum]
}
