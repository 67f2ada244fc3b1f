package index

import (
	"encoding/json"
	"fmt"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/rawjson"
)

// content is the JSON of an entity with the place where its etag belongs, so that an entity
// is written once however often its relations change.
type content struct {
	json      []byte // without etag, relations and status
	etag, uid string // of the content; metadata.uid
	status    *entity.Status
	etagAt    int
}

// newContent writes an entity. It has a uid, so that there is always a member of its metadata
// in front of the etag.
func newContent(r Record) (content, error) {
	c := content{etag: r.ETag, uid: r.Entity.UID(), status: r.Entity.Status}
	e := r.Entity
	if e.Relations, e.Status = nil, nil; e.ETag() != "" {
		e = e.Without("etag")
	}
	var err error
	if c.json, err = e.MarshalJSON(); err != nil {
		return content{}, err
	}
	root := rawjson.ObjectAt(c.json, 0)
	for m, ok := root.Next(); ok; m, ok = root.Next() {
		if string(m.Name) == "metadata" {
			c.etagAt = m.End - len("}")
		}
	}
	if c.etagAt == 0 {
		return content{}, errs.New(errs.Internal, fmt.Sprintf("the entity %s was written without metadata", r.Entity.Ref()))
	}
	return c, nil
}

// render gives the entity as it is shown, and its etag. relations are in order.
func (c content) render(relations []entity.Relation) (body []byte, etag string, err error) {
	if relations == nil {
		relations = []entity.Relation{}
	}
	shown, err := entity.Canonical(relations)
	if err != nil {
		return nil, "", fmt.Errorf("writing relations: %w", err)
	}
	parts := []any{c.etag, c.uid, json.RawMessage(shown)}
	if c.status != nil {
		parts = append(parts, c.status)
	}
	if etag, err = entity.Digest(parts); err != nil {
		return nil, "", fmt.Errorf("digesting an entity: %w", err)
	}
	body = make([]byte, 0, len(c.json)+len(shown)+len(etag)+32)
	body = append(body, c.json[:c.etagAt]...)
	body = append(append(append(body, `,"etag":"`...), etag...), '"')
	body = append(body, c.json[c.etagAt:len(c.json)-len("}")]...)
	body = append(append(body, `,"relations":`...), shown...)
	if c.status != nil {
		if shown, err = entity.Canonical(c.status); err != nil {
			return nil, "", fmt.Errorf("writing a status: %w", err)
		}
		body = append(append(body, `,"status":`...), shown...)
	}
	return append(body, '}'), etag, nil
}
