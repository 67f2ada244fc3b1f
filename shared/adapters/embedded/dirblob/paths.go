package dirblob

import (
	"strings"
	"unicode"

	"github.com/slipwayhq/slipway/shared/blob"
)

// A key's path keeps its segments, with three changes that no key can hold itself:
//   - "~" ends the file's name, so that the keys "a" and "a/b" can both be there;
//   - "!" stands before each capital, written small, for directories that don't tell them
//     apart;
//   - "+" ends a piece of a segment that is too long for one name.
const (
	fileMark    = "~"
	capitalMark = '!'
	pieceMark   = "+"
)

// longestName is kept under the 255 bytes that file systems allow, marks included.
const longestName = 200

func pathOf(key string) string {
	var out strings.Builder
	length := 0 // of the current name
	for _, c := range key {
		switch {
		case c == '/':
			length = 0
			out.WriteRune(c)
			continue
		case length >= longestName:
			out.WriteString(pieceMark + "/")
			length = 0
		}
		if unicode.IsUpper(c) {
			out.WriteRune(capitalMark)
			length++
		}
		out.WriteRune(unicode.ToLower(c))
		length++
	}
	return out.String() + fileMark
}

// keyOf is the inverse of pathOf; it gives false for a path that is no blob's.
func keyOf(path string) (string, bool) {
	name, isFile := strings.CutSuffix(path, fileMark)
	if !isFile {
		return "", false
	}
	key := dirKey(name)
	return key, blob.ValidateKey(key) == nil && pathOf(key) == path
}

// dirKey gives what the keys of the blobs below a directory begin with.
func dirKey(dir string) string {
	var out strings.Builder
	capital := false
	for _, c := range strings.ReplaceAll(dir, pieceMark+"/", "") {
		switch {
		case c == capitalMark:
			capital = true
			continue
		case capital:
			c = unicode.ToUpper(c)
		}
		out.WriteRune(c)
		capital = false
	}
	return out.String()
}
