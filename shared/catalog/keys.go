package catalog

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// The items of the catalog's table that this package owns; the entities and their log are
// changelog's:
//
//	LOCATIONS            id                  a registered location
//	LOCATIONS#BY-TARGET  hash of the target  the id of the location with that target
//	SOURCES#<project>    branch, path        what is known of a file that is read
//	PROBLEMS             project, branch, path  what is wrong with such a file, if anything
const (
	problemPartition = "PROBLEMS"
	locations        = "LOCATIONS"
	locationTargets  = "LOCATIONS#BY-TARGET"
)

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

func problemKey(f FileRef) table.Key {
	return table.Key{PK: problemPartition, SK: f.Project + " " + sourceSort(f.Branch, f.Path)}
}

// storable says why nothing can be kept of a file, nil when it can.
func storable(f FileRef) error {
	if table.ValidateKey(sourceKey(f)) != nil || table.ValidateKey(problemKey(f)) != nil {
		return errs.New(errs.Invalid, "has a name that is too long or no text")
	}
	return nil
}
