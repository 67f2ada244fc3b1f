package gitpush

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Commit is a commit: the first one of a repository, or one on top of another.
type Commit struct {
	Message string
	Author  Signature // the committer too
	Files   []File
	// Parent is the commit that it builds on, 40 hex digits, "" for none. Base is what that
	// one holds in all folders that files are changed in and in those above, outermost first.
	Parent string
	Base   []Folder
}

// Signature is who made a commit, and when.
type Signature struct {
	Name, Email string
	When        time.Time // whole seconds are kept
}

// File is a regular file, or a symbolic link when Link is set.
type File struct {
	Path       string
	Content    []byte
	Executable bool
	Link       string // target of a symbolic link
	Change     Change
	// Plain takes it from a replaced file that it was executable, which it stays otherwise.
	Plain bool
}

// Change is what happens to a file of the commit below.
type Change int

// The changes. What is created must not be there, all else has to be.
const (
	Create Change = iota
	Replace
	Delete
)

// kind is the type of an object as packs number it.
type kind byte

const (
	commitObject kind = 1
	treeObject   kind = 2
	blobObject   kind = 3
)

func (k kind) String() string {
	return [...]string{commitObject: "commit", treeObject: "tree", blobObject: "blob"}[k]
}

type objectID [sha1.Size]byte

func (id objectID) String() string { return hex.EncodeToString(id[:]) }

// object is a git object whose content its maker must not change.
type object struct {
	kind kind
	body []byte
}

// id is the SHA-1 of the object with its header.
func (o object) id() (id objectID) {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", o.kind, len(o.body)) // a hash takes everything
	h.Write(o.body)
	h.Sum(id[:0])
	return id
}

// The modes that trees give their entries.
const (
	modeFile       = "100644"
	modeExecutable = "100755"
	modeLink       = "120000"
	modeTree       = "40000"
)

// node is a file, or a directory when entries is not nil.
type node struct {
	mode    string
	blob    objectID
	entries map[string]*node
}

func newDirectory() *node { return &node{mode: modeTree, entries: map[string]*node{}} }

// insert puts a file's node at its place, or takes the one that is there away.
func (n *node) insert(path string, file *node, change Change) error {
	parts := strings.Split(path, "/")
	for _, part := range parts {
		if part == "" || part == "." || part == ".." || strings.EqualFold(part, ".git") || strings.ContainsAny(part, "\x00\\") {
			return errs.New(errs.Invalid, fmt.Sprintf("the path %s can't be committed", strconv.Quote(path)))
		}
	}
	last := len(parts) - 1
	for _, part := range parts[:last] {
		next := n.entries[part]
		if next == nil {
			next = newDirectory()
			n.entries[part] = next
		}
		if next.mode == modeTree && next.entries == nil {
			return errs.New(errs.Internal, fmt.Sprintf("it is not known what the folder of %s holds", strconv.Quote(path)))
		}
		if next.entries == nil {
			return errs.New(errs.Conflict, fmt.Sprintf("%s is to be in what is a file", strconv.Quote(path)))
		}
		n = next
	}
	return n.put(parts[last], path, file, change)
}

func (n *node) put(name, path string, file *node, change Change) error {
	there := n.entries[name]
	switch {
	case change == Create && there != nil:
		return errs.New(errs.Conflict, fmt.Sprintf("%s is there already, or committed twice", strconv.Quote(path)))
	case change != Create && (there == nil || there.mode == modeTree):
		return errs.New(errs.Conflict, fmt.Sprintf("%s is not there", strconv.Quote(path)))
	case change == Delete:
		delete(n.entries, name)
		return nil
	}
	n.entries[name] = file
	return nil
}

// at gives the directory of a path, nil for none.
func (n *node) at(path string) *node {
	if path == "" {
		return n
	}
	for part := range strings.SplitSeq(path, "/") {
		if n = n.entries[part]; n == nil {
			return nil
		}
	}
	return n
}

// tree gives the content of a directory's object. Entries are in the order of their names,
// those of directories taken with a slash behind.
func tree(entries map[string]*node, ids map[string]objectID) []byte {
	names := make([]string, 0, len(entries))
	for name := range entries {
		names = append(names, name)
	}
	sortable := func(name string) string {
		if entries[name].mode == modeTree {
			return name + "/"
		}
		return name
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(sortable(a), sortable(b)) })
	var body []byte
	for _, name := range names {
		id := ids[name]
		body = append(body, entries[name].mode+" "+name+"\x00"...)
		body = append(body, id[:]...)
	}
	return body
}

// commitBody gives the content of a commit's object.
func commitBody(c Commit, root objectID) []byte {
	who, parent := c.Author.String(), ""
	if c.Parent != "" {
		parent = "parent " + c.Parent + "\n"
	}
	return fmt.Appendf(nil, "tree %s\n%sauthor %s\ncommitter %s\n\n%s", root, parent, who, who, c.Message)
}

// String gives the form that stands in a commit.
func (s Signature) String() string {
	return fmt.Sprintf("%s <%s> %d +0000", plain(s.Name), plain(s.Email), s.When.Unix())
}

// plain takes out what would end a name or an address early.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '<' || r == '>' {
			return -1
		}
		return r
	}, s))
}
