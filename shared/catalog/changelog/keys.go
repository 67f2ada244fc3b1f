package changelog

import (
	"crypto/sha256"
	"fmt"

	"github.com/slipwayhq/slipway/shared/table"
)

// The items of the catalog's table that this package owns:
//
//	ENTITIES#<shard>  ref              a current entity; 16 shards spread the load
//	LOG               sequence number  one change of one entity, never changed itself
//	LOG#HEAD          HEAD             the number and time of the last change
//	HISTORY#<ref>     sequence number  that there is such a change of this entity
const (
	shards        = 16
	logPartition  = "LOG"
	headPartition = "LOG#HEAD"
)

func shardPartition(n int) string { return fmt.Sprintf("ENTITIES#%02x", n) }

func entityKey(ref string) table.Key {
	sum := sha256.Sum256([]byte(ref))
	return table.Key{PK: shardPartition(int(sum[0]) % shards), SK: ref}
}

func headKey() table.Key { return table.Key{PK: headPartition, SK: "HEAD"} }

// number writes a sequence number with leading zeros: the order of text is the order of
// numbers.
func number(seq int64) string { return fmt.Sprintf("%016d", seq) }

func logKey(seq int64) table.Key { return table.Key{PK: logPartition, SK: number(seq)} }

func historyPartition(ref string) string { return "HISTORY#" + ref }

func historyKey(ref string, seq int64) table.Key {
	return table.Key{PK: historyPartition(ref), SK: number(seq)}
}
