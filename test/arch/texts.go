package arch

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// elsewhere matches what the project does not speak of: places on one developer's machine
// and hosts that packages happened to come from. The pieces are put together here so that
// this file does not match itself.
var elsewhere = regexp.MustCompile(`(?i)(^|[^\w./-])/wo` + `rk/|proxy\.go` + `lang\.org|py` + `pi\.org|pythonhosted` + `\.org|registry\.np` + `mjs\.org|repo1?\.maven` + `\.|maven\.apache` + `\.org/maven2|deb\.deb` + `ian\.org`)

// outward matches a relative path to a folder called shared, which is ours only when it
// ends inside of the repository.
var outward = regexp.MustCompile(`(?:\.\./)+shared(?:/[\w./-]*)?`)

// Texts: the project's files speak of the project alone.
func Texts(root string) ([]string, error) {
	var found []string
	err := walk(root, func(file, rel string) error {
		if path.Base(rel) == "go.sum" {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil || bytes.IndexByte(text, 0) >= 0 {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			for _, m := range mentions(root, rel, line) {
				found = append(found, fmt.Sprintf("%s:%d speaks of %s", rel, i+1, strings.TrimSpace(m)))
			}
		}
		return nil
	})
	return found, err
}

// mentions gives what a line speaks of that it should not.
func mentions(root, rel, line string) []string {
	found := elsewhere.FindAllString(line, -1)
	for _, link := range outward.FindAllString(line, -1) {
		target := path.Join(path.Dir(rel), link)
		if _, err := os.Stat(filepath.Join(root, target)); err != nil || strings.HasPrefix(target, "..") {
			found = append(found, link)
		}
	}
	return found
}
