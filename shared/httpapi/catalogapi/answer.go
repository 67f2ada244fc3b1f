package catalogapi

import (
	"net/http"
	"slices"
	"sync"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/projection"
	"github.com/slipwayhq/slipway/shared/httpapi"
)

// usualBytes is what a whole entity usually takes, and one of which fields are chosen.
const (
	usualBytes    = 2 << 10
	usualSelected = 256
)

// lendings lends buffers that answers are put together in: a list of entities is large, and
// nobody keeps it once it is sent.
type lendings struct{ pool sync.Pool }

// largestLent is what is kept of a buffer for the next answer, in bytes.
const largestLent = 1 << 20

func (l *lendings) borrow() []byte {
	if b, ok := l.pool.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return nil
}

func (l *lendings) giveBack(b []byte) {
	if cap(b) <= largestLent {
		l.pool.Put(&b)
	}
}

// appendEntities appends a list of entities, or what fields keeps of them, without decoding
// any; null stands for none.
func appendEntities(dst []byte, found []index.Document, fields *projection.Projection) ([]byte, error) {
	size := usualBytes
	if fields != nil {
		size = usualSelected
	}
	dst = append(slices.Grow(dst, size*len(found)+usualBytes), '[')
	var whole []byte // of one entity, for fields to take from
	var err error
	for i, d := range found {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch {
		case !d.Found():
			dst = append(dst, "null"...)
		case fields == nil:
			dst, err = d.AppendJSON(dst)
		default:
			whole, err = d.AppendJSON(whole[:0])
			dst = fields.Append(dst, whole)
		}
		if err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

// appendJSON appends a value that always has a JSON form: text, numbers and lists of them.
func appendJSON(dst []byte, v any) []byte {
	body, err := entity.Canonical(v)
	if err != nil {
		return append(dst, "null"...)
	}
	return append(dst, body...)
}

// writeEntities sends a list of entities; like Backstage it gives an ETag only where fields
// were selected.
func writeEntities(w http.ResponseWriter, r *http.Request, fields *projection.Projection, body []byte) error {
	if fields == nil {
		return httpapi.WriteRawJSON(w, http.StatusOK, body)
	}
	return httpapi.WriteTagged(w, r, body)
}

// appendText appends a JSON string. Most need no escapes.
func appendText(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendJSON(dst, s)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}
