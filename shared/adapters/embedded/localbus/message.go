package localbus

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/bus"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// sortableTime is a time whose text order is the order in time.
const sortableTime = "2006-01-02T15:04:05.000000000Z"

// message is an event in one queue.
type message struct {
	Deliveries int       `json:"deliveries"`       // begun so far
	Reason     string    `json:"reason,omitempty"` // of a dead letter
	Event      bus.Event `json:"event"`
}

// write gives the write that stores the message in partition pk under a time.
func (m message) write(pk string, at time.Time) (table.Write, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return table.Write{}, errs.Wrap(errs.Internal, "a message can't be written as JSON", err)
	}
	sum := sha256.Sum256([]byte(m.Event.Source + "\x00" + m.Event.ID))
	sk := at.UTC().Format(sortableTime) + "#" + hex.EncodeToString(sum[:16])
	return table.PutWrite(table.Item{Key: table.Key{PK: pk, SK: sk}, Body: body}, table.Always), nil
}

// stored is a message as it lies in the table.
type stored struct {
	message

	key      table.Key
	revision string
	at       time.Time // when it is due, or when it was given up
}

func read(i table.Item) (stored, error) {
	s := stored{key: i.Key, revision: i.Revision}
	at, _, _ := strings.Cut(i.SK, "#")
	var err error
	if s.at, err = time.Parse(sortableTime, at); err != nil {
		return stored{}, errs.Wrap(errs.Internal, "a message of a queue is damaged", err)
	}
	if err := json.Unmarshal(i.Body, &s.message); err != nil {
		return stored{}, errs.Wrap(errs.Internal, "a message of a queue is damaged", err)
	}
	return s, nil
}
