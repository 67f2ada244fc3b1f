package workspace

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Digest gives a hash of the files: paths, modes, contents and link targets, in whatever
// order they were added.
func (f *Files) Digest() string {
	sum := sha256.New()
	for _, file := range f.Sorted() {
		fmt.Fprintf(sum, "%q %t %q %d\n", file.Path, file.Executable, file.Link, len(file.Content))
		sum.Write(file.Content)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
