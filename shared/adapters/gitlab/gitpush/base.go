package gitpush

import (
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Folder is what a commit holds in one folder.
type Folder struct {
	Path    string // "" for the root
	Entries []Entry
}

// Entry is a file, a folder or a submodule, as git's trees list it.
type Entry struct {
	Name string
	Mode string // "100644", "040000" …
	ID   string // 40 hex digits
}

// modes are those that a tree's entries may have, by what GitLab writes.
var modes = map[string]string{
	modeFile: modeFile, modeExecutable: modeExecutable, modeLink: modeLink, modeTree: modeTree, "040000": modeTree, "160000": "160000",
}

// load puts in what the commit below holds.
func (n *node) load(base []Folder) error {
	for _, f := range base {
		dir := n.at(f.Path)
		if dir == nil || dir.mode != modeTree {
			continue // there is no such folder yet
		}
		dir.entries = map[string]*node{}
		for _, e := range f.Entries {
			id, err := parseID(e.ID)
			if err != nil || modes[e.Mode] == "" {
				return errs.New(errs.Unavailable, fmt.Sprintf("the repository's listing of %.100q can't be read", f.Path))
			}
			dir.entries[e.Name] = &node{mode: modes[e.Mode], blob: id}
		}
	}
	return nil
}

func parseID(text string) (id objectID, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(id) {
		return id, errs.New(errs.Unavailable, "that is no name of an object")
	}
	return objectID(raw), nil
}

// keepMode leaves a file executable that replaces one that is.
func (n *node) keepMode(f File, file *node) {
	if f.Change != Replace || f.Plain || file.mode != modeFile {
		return
	}
	folder, name := path.Split(f.Path)
	dir := n.at(strings.TrimSuffix(folder, "/"))
	if dir != nil && dir.entries[name] != nil && dir.entries[name].mode == modeExecutable {
		file.mode = modeExecutable
	}
}
