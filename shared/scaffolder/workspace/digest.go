package workspace

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Digest gives a hash of the files: paths, modes, contents and link targets, in whatever
// order they were added.
func (f *Files) Digest() string {
	list := f.All()
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	sum := sha256.New()
	for _, file := range list {
		fmt.Fprintf(sum, "%q %t %q %d\n", file.Path, file.Executable, file.Link, len(file.Content))
		sum.Write(file.Content)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
