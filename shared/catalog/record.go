package catalog

import (
	"encoding/json"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Action is what a change did to an entity.
type Action string

// The actions of the change log.
const (
	Upsert Action = "upsert"
	Delete Action = "delete"
)

// Change is one entry of the change log. It names the entity's new content, it does not
// hold it: that is in the current entities.
type Change struct {
	Seq    int64     `json:"seq"`
	Time   time.Time `json:"time"`
	Ref    string    `json:"ref"`
	Action Action    `json:"action"`
	ETag   string    `json:"etag,omitempty"`
	Origin Origin    `json:"origin"`
	Actor  string    `json:"actor,omitempty"`
}

// Origin says where an entity was read.
type Origin struct {
	Owner    string `json:"owner"`              // the location key that owns the entity
	Location string `json:"location,omitempty"` // id of the registered location, if one led here
	Commit   string `json:"commit,omitempty"`
}

// record is a stored entity.
type record struct {
	Entity Entity `json:"entity"` // with uid, without etag and relations
	ETag   string `json:"etag"`   // of the content
	Origin Origin `json:"origin"`
	Seq    int64  `json:"seq"` // of the change that wrote it

	revision string
}

func (r record) ref() string { return r.Entity.Ref().String() }

func (r record) item() (table.Item, error) {
	body, err := canonical(r)
	if err != nil {
		return table.Item{}, errs.Wrap(errs.Internal, "an entity can't be written as JSON", err)
	}
	return table.Item{Key: entityKey(r.ref()), Body: body}, nil
}

func decodeRecord(i table.Item) (record, error) {
	r := record{revision: i.Revision}
	err := decode(i, &r)
	return r, err
}

// decode reads the JSON of an item.
func decode(i table.Item, into any) error {
	if err := json.Unmarshal(i.Body, into); err != nil {
		return errs.Wrap(errs.Internal, "the item "+i.PK+"/"+i.SK+" is damaged", err)
	}
	return nil
}

func encode(key table.Key, v any) (table.Item, error) {
	body, err := canonical(v)
	if err != nil {
		return table.Item{}, errs.Wrap(errs.Internal, "the item "+key.PK+" can't be written as JSON", err)
	}
	return table.Item{Key: key, Body: body}, nil
}

// head is the end of the change log.
type head struct {
	Seq int64 `json:"seq"`

	revision string
}

func (h head) condition() table.Condition {
	if h.revision == "" {
		return table.Absent
	}
	return table.AtRevision(h.revision)
}
