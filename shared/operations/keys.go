package operations

import (
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/table"
)

// All keys of the operations table, besides the outbox's.
//
//	OP#<id>              RECORD                  the operation
//	OP#<id>              APPLYING#<attempt>      there while an attempt may make effects
//	OP#<id>              UNDOING#<attempt>       there while what it made may be undone
//	OP#<id>              WAITING                 the token of the task that waits
//	OP#<id>              EFFECT#<seq>#<id>       the ledger
//	OP#<id>              LINE#<seq>              the log
//	OP#<id>              SECRET#<name>           a sealed secret
//	OPS#OPEN             <created>#<id>          operations that have not ended
//	OPS                  <created>#<id>          all operations, by time, with a summary
//	TARGET#<ref>         HOLDER                  which operation made or is making it
//	IDEMPOTENCY#<actor>  <key>                   request → operation
//	WAIT#<kind>          <key>                   who waits for an outside event

const sortable = "2006-01-02T15:04:05.000000000Z"

const (
	openPartition = "OPS#OPEN"
	allPartition  = "OPS"
	effectPrefix  = "EFFECT#"
	secretPrefix  = "SECRET#"
	afterLines    = "LINE$" // sorts behind every line
)

func recordKey(id string) table.Key  { return table.Key{PK: "OP#" + id, SK: "RECORD"} }
func waitingKey(id string) table.Key { return table.Key{PK: "OP#" + id, SK: "WAITING"} }

func applyingKey(id string, attempt int) table.Key {
	return table.Key{PK: "OP#" + id, SK: fmt.Sprintf("APPLYING#%d", attempt)}
}

func undoingKey(id string, attempt int) table.Key {
	return table.Key{PK: "OP#" + id, SK: fmt.Sprintf("UNDOING#%d", attempt)}
}

func lineKey(id string, seq int) table.Key {
	return table.Key{PK: "OP#" + id, SK: fmt.Sprintf("LINE#%08d", seq)}
}

func secretKey(id, name string) table.Key {
	return table.Key{PK: "OP#" + id, SK: secretPrefix + name}
}

func effectKey(opID string, seq int, effectID string) table.Key {
	return table.Key{PK: "OP#" + opID, SK: fmt.Sprintf("%s%04d#%s", effectPrefix, seq, effectID)}
}

func timeKey(partition string, created time.Time, id string) table.Key {
	return table.Key{PK: partition, SK: created.UTC().Format(sortable) + "#" + id}
}

func targetKey(ref string) table.Key { return table.Key{PK: "TARGET#" + ref, SK: "HOLDER"} }

func idempotencyKey(actor, key string) table.Key {
	return table.Key{PK: "IDEMPOTENCY#" + actor, SK: key}
}

func waitKey(kind, key string) table.Key { return table.Key{PK: "WAIT#" + kind, SK: key} }
