// Package events holds a sample of every payload that enters Slipway, by source. Tests
// read them through this package; `sam local invoke -e` reads the files. The catalogue of
// the events that Slipway itself publishes is in README.md.
package events

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
)

//go:embed */*.json
var samples embed.FS

// Sample gives one payload by its path, for example "gitlab/push.json".
func Sample(name string) ([]byte, error) {
	b, err := samples.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading sample %s: %w", name, err)
	}
	return b, nil
}

// Names gives the paths of all samples of a source, for example "gitlab", in order.
func Names(source string) ([]string, error) {
	entries, err := fs.ReadDir(samples, source)
	if err != nil {
		return nil, fmt.Errorf("listing samples of %s: %w", source, err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, path.Join(source, e.Name()))
	}
	return names, nil
}
