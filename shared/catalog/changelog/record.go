package changelog

import (
	"encoding/json"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
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

// Change is one entry of the change log.
type Change struct {
	Seq    int64     `json:"seq"` // from 1, without gaps
	Time   time.Time `json:"time"`
	Ref    string    `json:"ref"`
	Action Action    `json:"action"`
	ETag   string    `json:"etag,omitempty"` // of the content
	Origin Origin    `json:"origin"`
	Actor  string    `json:"actor,omitempty"`
	// Entity is what the change led to: with uid, without etag and relations; nil after a
	// deletion and in events.
	Entity *entity.Entity `json:"entity,omitempty"`
}

// Origin says where an entity was read.
type Origin struct {
	Owner    string `json:"owner"`              // the location key that owns the entity
	Location string `json:"location,omitempty"` // id of the registered location, if one led here
	Parent   string `json:"parent,omitempty"`   // ref of the Location entity that led here
	Commit   string `json:"commit,omitempty"`
}

// same reports whether two origins are one. A commit that changed nothing makes no other.
func (o Origin) same(other Origin) bool {
	other.Commit = o.Commit
	return o == other
}

// Record is a stored entity.
type Record struct {
	Entity entity.Entity `json:"entity"` // with uid, without etag and relations
	ETag   string        `json:"etag"`   // of the content
	Origin Origin        `json:"origin"`
	Seq    int64         `json:"seq"` // of the change that wrote it

	revision string
}

func (r Record) ref() string { return r.Entity.Ref().String() }

func decodeRecord(i table.Item) (Record, error) {
	r := Record{revision: i.Revision}
	err := Decode(i, &r)
	return r, err
}

// Decode reads the JSON of an item.
func Decode(i table.Item, into any) error {
	if err := json.Unmarshal(i.Body, into); err != nil {
		return errs.Wrap(errs.Internal, "the item "+i.PK+"/"+i.SK+" is damaged", err)
	}
	return nil
}

// Encode makes an item with v as canonical JSON.
func Encode(key table.Key, v any) (table.Item, error) {
	body, err := entity.Canonical(v)
	if err != nil {
		return table.Item{}, errs.Wrap(errs.Internal, "the item "+key.PK+" can't be written as JSON", err)
	}
	return table.Item{Key: key, Body: body}, nil
}

// head is the end of the change log.
type head struct {
	Seq  int64     `json:"seq"`
	Time time.Time `json:"time"` // of the last change

	revision string
}

func (h head) condition() table.Condition {
	if h.revision == "" {
		return table.Absent
	}
	return table.AtRevision(h.revision)
}
