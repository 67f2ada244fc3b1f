package entity

import "github.com/slipwayhq/slipway/shared/platform/lazyregexp"

var (
	kindPattern       = lazyregexp.New(`^[a-zA-Z][a-z0-9A-Z]{0,62}$`)
	apiVersionPattern = lazyregexp.New(`^(?:[a-z0-9]+(?:[-.][a-z0-9]+)*/)?[a-zA-Z][a-z0-9A-Z]{0,62}$`)
	namePattern       = lazyregexp.New(`^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`)
	labelPattern      = lazyregexp.New(`^[a-z0-9]+(?:-+[a-z0-9]+)*$`)
	tagPattern        = lazyregexp.New(`^[a-z0-9+#]+(-[a-z0-9+#]+)*$`)
	domainPattern     = lazyregexp.New(`^[a-z0-9]+(?:[-.]+[a-z0-9]+)*$`)
)

const maxNameBytes = 63

func validName(s string) bool { return len(s) <= maxNameBytes && namePattern.MatchString(s) }

// validNamespace is for refs, which are the same in any case; in a document a namespace is
// written in lower case.
func validNamespace(s string) bool { return validLabel(asciiLower(s)) }

// validLabel reports whether s is a label of a DNS name (RFC 1123).
func validLabel(s string) bool { return len(s) <= maxNameBytes && labelPattern.MatchString(s) }

// asciiLower is enough here: the pattern that follows takes ASCII only.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
