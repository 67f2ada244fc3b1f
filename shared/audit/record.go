package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// The limits of a record.
const (
	maxTextBytes   = 1000
	maxDetailBytes = 4 << 10
)

// genesis is the previous hash of the first record.
var genesis = strings.Repeat("0", 2*sha256.Size)

// Record is one link of the chain.
type Record struct {
	Seq         int64           `json:"seq"` // from 1, without gaps
	ID          string          `json:"id"`  // of the event; a second record with it is never made
	Time        time.Time       `json:"time"`
	Actor       string          `json:"actor"`
	Action      string          `json:"action"` // "app.create", "catalog.upsert" …
	Target      string          `json:"target,omitempty"`
	Environment string          `json:"environment,omitempty"`
	Outcome     string          `json:"outcome"`
	OperationID string          `json:"operationId,omitempty"`
	RequestID   string          `json:"requestId,omitempty"`
	Detail      json.RawMessage `json:"detail,omitempty"` // a small object, without secrets
	PrevHash    string          `json:"prevHash"`
	Hash        string          `json:"hash"`
}

// head is the end of the chain.
type head struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`

	revision string
}

func (h head) condition() table.Condition {
	if h.revision == "" {
		return table.Absent
	}
	return table.AtRevision(h.revision)
}

// The items of the audit table:
//
//	CHAIN             sequence number  a record
//	CHAIN#HEAD        HEAD             the last record's number and hash
//	EVENT#<hash>      EVENT            the number of the record made for that event
//	ENTITY#<ref>, OPERATION#<id>, ACTOR#<ref>
//	                  sequence number  nothing: the record is in the chain
const (
	chain     = "CHAIN"
	chainHead = "CHAIN#HEAD"
)

func headKey() table.Key { return table.Key{PK: chainHead, SK: "HEAD"} }

func sortKey(seq int64) string { return fmt.Sprintf("%016d", seq) }

func eventKey(id string) table.Key {
	sum := sha256.Sum256([]byte(id))
	return table.Key{PK: "EVENT#" + hex.EncodeToString(sum[:]), SK: "EVENT"}
}

func entityPartition(ref string) string   { return "ENTITY#" + strings.ToLower(ref) }
func operationPartition(id string) string { return "OPERATION#" + id }
func actorPartition(ref string) string    { return "ACTOR#" + strings.ToLower(ref) }

// partitions are the indexes a record is found in.
func (r Record) partitions() []string {
	var out []string
	if r.Target != "" {
		out = append(out, entityPartition(r.Target))
	}
	if r.OperationID != "" {
		out = append(out, operationPartition(r.OperationID))
	}
	return append(out, actorPartition(r.Actor))
}

// validate reports what can't become a record.
func (r Record) validate() error {
	var fields []errs.Field
	for _, f := range []struct {
		name, value string
		required    bool
	}{
		{"id", r.ID, true}, {"actor", r.Actor, true}, {"action", r.Action, true}, {"outcome", r.Outcome, true},
		{"target", r.Target, false}, {"environment", r.Environment, false}, {"operationId", r.OperationID, false},
		{"requestId", r.RequestID, false},
	} {
		switch {
		case f.value == "" && f.required:
			fields = append(fields, errs.Field{Pointer: "/" + f.name, Message: "is missing"})
		case len(f.value) > maxTextBytes || !utf8.ValidString(f.value) || strings.ContainsRune(f.value, 0):
			fields = append(fields, errs.Field{Pointer: "/" + f.name, Message: fmt.Sprintf("must be at most %d bytes of text", maxTextBytes)})
		}
	}
	if r.Time.IsZero() {
		fields = append(fields, errs.Field{Pointer: "/time", Message: "is missing"})
	}
	if len(r.Detail) > 0 && (len(r.Detail) > maxDetailBytes || !json.Valid(r.Detail)) {
		fields = append(fields, errs.Field{Pointer: "/detail", Message: fmt.Sprintf("must be JSON of at most %d bytes", maxDetailBytes)})
	}
	if len(fields) > 0 {
		return errs.WithFields("the audit record is not valid", fields)
	}
	return nil
}

// sealed gives the record as the next link behind h.
func (r Record) sealed(h head) (Record, []byte, error) {
	r.Time = r.Time.UTC().Truncate(time.Microsecond)
	r.Seq, r.PrevHash, r.Hash = h.Seq+1, h.Hash, ""
	if r.PrevHash == "" {
		r.PrevHash = genesis
	}
	body, err := json.Marshal(r)
	if err != nil {
		return r, nil, errs.Wrap(errs.Invalid, "the audit record can't be written as JSON", err)
	}
	if r.Hash, err = hashOf(body); err != nil {
		return r, nil, err
	}
	if body, err = json.Marshal(r); err != nil {
		return r, nil, errs.Wrap(errs.Invalid, "the audit record can't be written as JSON", err)
	}
	return r, body, nil
}

// hashOf gives the SHA-256 of a stored record's canonical JSON without its own hash:
// members sorted, no blanks, no HTML escapes, numbers as written. It is taken over
// everything that is stored, so a member that this program does not know counts as well.
func hashOf(body []byte) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var members map[string]any
	if err := dec.Decode(&members); err != nil {
		return "", errs.Wrap(errs.Internal, "a stored audit record is damaged", err)
	}
	delete(members, "hash")
	var canonical bytes.Buffer
	enc := json.NewEncoder(&canonical)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(members); err != nil {
		return "", errs.Wrap(errs.Internal, "an audit record has no canonical JSON", err)
	}
	sum := sha256.Sum256(bytes.TrimRight(canonical.Bytes(), "\n"))
	return hex.EncodeToString(sum[:]), nil
}
