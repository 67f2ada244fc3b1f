package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/slipwayhq/slipway/shared/table"
)

// The items of the catalog's table:
//
//	ENTITIES#<shard>     ref                 a current entity; 16 shards spread the load
//	LOG                  sequence number     one change of one entity, never changed itself
//	LOG#HEAD             HEAD                the number of the last change
//	LOCATIONS            id                  a registered location
//	LOCATIONS#BY-TARGET  hash of the target  the id of the location with that target
//	SOURCES#<project>    branch, path        what is known of a file that is read
const (
	shards          = 16
	logPartition    = "LOG"
	headPartition   = "LOG#HEAD"
	locations       = "LOCATIONS"
	locationTargets = "LOCATIONS#BY-TARGET"
)

func shardPartition(n int) string { return fmt.Sprintf("ENTITIES#%02x", n) }

func entityKey(ref string) table.Key {
	sum := sha256.Sum256([]byte(ref))
	return table.Key{PK: shardPartition(int(sum[0]) % shards), SK: ref}
}

func headKey() table.Key { return table.Key{PK: headPartition, SK: "HEAD"} }

// logKey writes the number with leading zeros: the order of text is the order of numbers.
func logKey(seq int64) table.Key { return table.Key{PK: logPartition, SK: fmt.Sprintf("%016d", seq)} }

func locationKey(id string) table.Key { return table.Key{PK: locations, SK: id} }

func targetKey(target string) table.Key {
	sum := sha256.Sum256([]byte("url:" + target))
	return table.Key{PK: locationTargets, SK: hex.EncodeToString(sum[:])}
}

func sourcePartition(project string) string { return "SOURCES#" + project }

// sourceSort is unambiguous because a branch holds no space (git-check-ref-format).
func sourceSort(branch, path string) string { return branch + " " + path }

func sourceKey(f FileRef) table.Key {
	return table.Key{PK: sourcePartition(f.Project), SK: sourceSort(f.Branch, f.Path)}
}
