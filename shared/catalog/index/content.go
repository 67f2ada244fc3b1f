package index

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// content is the canonical JSON of an entity with the places where its etag and its relations
// belong, so that an entity is written once however often its relations change.
type content struct {
	json              []byte
	etag, uid         string // of the content; metadata.uid
	status            *entity.Status
	etagAt, relations int
}

// newContent writes an entity the way entity.Canonical does. It has a uid, so that there is
// always a member of its metadata behind the etag.
func newContent(r Record) (content, error) {
	c := content{etag: r.ETag, uid: r.Entity.UID(), status: r.Entity.Status}
	w := jsonWriter{}
	w.enc = json.NewEncoder(&w.Buffer)
	w.enc.SetEscapeHTML(false)
	w.member(`{"apiVersion":`, r.Entity.APIVersion)
	w.member(`,"kind":`, r.Entity.Kind)
	w.WriteString(`,"metadata":{`)
	comma := ""
	for _, key := range slices.Sorted(maps.Keys(r.Entity.Metadata)) {
		if key == "etag" {
			continue
		}
		w.WriteString(comma)
		if key > "etag" && c.etagAt == 0 {
			c.etagAt = w.Len()
		}
		w.member("", key)
		w.member(":", r.Entity.Metadata[key])
		comma = ","
	}
	w.WriteByte('}')
	if r.Entity.Spec != nil {
		w.member(`,"spec":`, r.Entity.Spec)
	}
	c.relations = w.Len()
	if r.Entity.Status != nil {
		w.member(`,"status":`, r.Entity.Status)
	}
	w.WriteByte('}')
	c.json = bytes.Clone(w.Bytes())
	if w.err != nil {
		return content{}, fmt.Errorf("writing entity %s: %w", r.Entity.Ref(), w.err)
	}
	return c, nil
}

type jsonWriter struct {
	bytes.Buffer
	enc *json.Encoder
	err error
}

// member writes a text as it is and then a value as JSON.
func (w *jsonWriter) member(before string, v any) {
	w.WriteString(before)
	if err := w.enc.Encode(v); err != nil && w.err == nil {
		w.err = err
		return
	}
	w.Truncate(w.Len() - 1) // the encoder ends every value with a line
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
	body = append(append(append(body, `"etag":"`...), etag...), `",`...)
	body = append(body, c.json[c.etagAt:c.relations]...)
	body = append(append(body, `,"relations":`...), shown...)
	return append(body, c.json[c.relations:]...), etag, nil
}
