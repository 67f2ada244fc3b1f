package runner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// id identifies an execution.
type id struct{ machine, name string }

func (i id) partition() string { return "execution#" + i.machine + "#" + i.name }

func (i id) key(sort string) table.Key { return table.Key{PK: i.partition(), SK: sort} }

// The sort keys of an execution's partition.
const (
	sortExecution = "execution"
	sortOutcome   = "outcome"
	prefixFrame   = "frame#"
	prefixHistory = "history#"
)

func (i id) frameKey(path string) table.Key { return i.key(prefixFrame + path) }

func (i id) historyKey(first int64) table.Key {
	return i.key(fmt.Sprintf("%s%012d", prefixHistory, first))
}

const partitionRunning = "running"

func (i id) runningKey() table.Key {
	return table.Key{PK: partitionRunning, SK: i.machine + "#" + i.name}
}

func tokenKey(token string) table.Key { return table.Key{PK: "token#" + token, SK: "token"} }

func definitionKey(hash string) table.Key {
	return table.Key{PK: "definition#" + hash, SK: "definition"}
}

// started is the item "execution".
type started struct {
	Machine    string          `json:"machine"`
	Name       string          `json:"name"`
	Input      json.RawMessage `json:"input"`
	Started    time.Time       `json:"started"`
	Definition string          `json:"definition"` // hash
}

// outcome is the item "outcome".
type outcome struct {
	Status  workflow.Status `json:"status"`
	Output  json.RawMessage `json:"output,omitempty"`
	Error   string          `json:"error,omitempty"`
	Cause   string          `json:"cause,omitempty"`
	Stopped time.Time       `json:"stopped"`
}

// callback is the item of a token.
type callback struct {
	Machine string          `json:"machine"`
	Name    string          `json:"name"`
	Path    string          `json:"path"` // of the frame that waits
	Done    bool            `json:"done,omitempty"`
	Output  json.RawMessage `json:"output,omitempty"`
	Error   *string         `json:"error,omitempty"` // nil for a success
	Cause   string          `json:"cause,omitempty"`
}

// event is one entry of a page of the history.
type event struct {
	ID    int64     `json:"id"`
	Time  time.Time `json:"time"`
	Type  string    `json:"type"`
	State string    `json:"state,omitempty"`
	Error string    `json:"error,omitempty"`
}

// put makes the write of a record.
func put(key table.Key, record any, cond table.Condition) (table.Write, error) {
	body, err := encode(record)
	if err != nil {
		return table.Write{}, fmt.Errorf("encoding %s/%s: %w", key.PK, key.SK, err)
	}
	return table.PutWrite(table.Item{Key: key, Body: body}, cond), nil
}

// encode writes JSON without HTML escapes, which could make data outgrow an item.
func encode(record any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(record)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

func decode(item table.Item, into any) error {
	if err := json.Unmarshal(item.Body, into); err != nil {
		return fmt.Errorf("decoding %s/%s: %w", item.PK, item.SK, err)
	}
	return nil
}
