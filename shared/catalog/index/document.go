package index

import (
	"encoding/json"
	"fmt"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// Document is an entity as it is shown: with metadata.etag, relations and status. It stays
// valid and the same whatever is applied to the index later. The zero Document is none.
type Document struct{ doc *shown }

// Found reports whether d is a document at all.
func (d Document) Found() bool { return d.doc != nil }

// Ref gives the canonical ref.
func (d Document) Ref() string { return d.doc.ref }

// UID gives metadata.uid.
func (d Document) UID() string { return d.doc.uid }

// ETag gives metadata.etag.
func (d Document) ETag() string { return d.doc.entity.ETag() }

// JSON gives the canonical JSON of the whole entity.
func (d Document) JSON() []byte {
	body, err := entity.Canonical(d.doc.entity)
	if err != nil {
		return nil
	}
	return body
}

// Entity gives the decoded entity.
func (d Document) Entity() (entity.Entity, error) {
	var e entity.Entity
	if err := json.Unmarshal(d.JSON(), &e); err != nil {
		return entity.Entity{}, fmt.Errorf("decoding entity %s: %w", d.Ref(), err)
	}
	return e, nil
}
