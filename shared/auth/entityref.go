package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// maxEntityName is the longest name of an entity (Backstage's descriptor format).
const maxEntityName = 63

var (
	entityName    = lazyregexp.New(`^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$`)
	notEntityName = lazyregexp.New(`[^a-z0-9._-]+`)
	// userRef is a user's ref in the one spelling that comparing takes.
	userRef = lazyregexp.New(`^user:[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$`)
)

// entityRef names a caller in the catalog. Refs ignore case, so the name is lower-cased. A
// name that no entity can have (a mail address, say) is made to fit and gets a part of its
// hash: two callers never share a ref because what tells them apart could not be written.
func entityRef(kind, name string) string {
	name = strings.ToLower(name)
	if len(name) <= maxEntityName && entityName.MatchString(name) {
		return kind + ":default/" + name
	}
	sum := sha256.Sum256([]byte(name))
	suffix := hex.EncodeToString(sum[:6])
	fit := strings.Trim(notEntityName.ReplaceAllString(name, "-"), "-._")
	if most := maxEntityName - len(suffix) - 1; len(fit) > most {
		fit = strings.TrimRight(fit[:most], "-._")
	}
	return kind + ":default/" + strings.TrimLeft(fit+"-"+suffix, "-")
}
