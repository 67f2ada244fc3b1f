package index

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
)

// Document is an entity as it is shown: with metadata.etag, relations and status. It stays
// valid and the same whatever is applied to the index later. The zero Document is none.
type Document struct {
	changed *changed // in the overlay, or
	segment *segment.Segment
	doc     uint32
}

// Found reports whether d is a document at all.
func (d Document) Found() bool { return d.changed != nil || d.segment != nil }

// approach brings documents nearer that are about to be read.
func approach(all []Document) {
	sum := uint32(0)
	for _, d := range all {
		if d.segment != nil {
			sum += d.segment.Approach(d.doc)
		}
	}
	runtime.KeepAlive(sum)
}

// Ref gives the canonical ref.
func (d Document) Ref() string {
	if d.changed != nil {
		return d.changed.ref
	}
	return d.segment.Ref(d.doc)
}

// UID gives metadata.uid.
func (d Document) UID() string {
	if d.changed != nil {
		return d.changed.uid
	}
	return d.segment.UID(d.doc)
}

// ETag gives metadata.etag.
func (d Document) ETag() string {
	b, err := d.body()
	if err != nil {
		return ""
	}
	return b.ETag
}

// AppendJSON appends the whole entity to dst, as entity.Canonical writes it. Internal when it
// can't be read.
func (d Document) AppendJSON(dst []byte) ([]byte, error) {
	if d.changed != nil {
		b, err := d.changed.body()
		return append(dst, b.JSON...), err
	}
	out, err := d.segment.AppendJSON(dst, d.doc)
	if err != nil {
		return dst, fmt.Errorf("reading entity %s: %w", d.segment.Ref(d.doc), err)
	}
	return out, nil
}

// Entity gives the decoded entity.
func (d Document) Entity() (entity.Entity, error) {
	b, err := d.body()
	if err != nil {
		return entity.Entity{}, err
	}
	var e entity.Entity
	if err := json.Unmarshal(b.JSON, &e); err != nil {
		return entity.Entity{}, fmt.Errorf("decoding entity %s: %w", d.Ref(), err)
	}
	return e, nil
}

func (d Document) body() (segment.Body, error) {
	if d.changed != nil {
		return d.changed.body()
	}
	b, err := d.segment.Body(d.doc)
	if err != nil {
		return segment.Body{}, fmt.Errorf("reading entity %s: %w", d.segment.Ref(d.doc), err)
	}
	return b, nil
}
