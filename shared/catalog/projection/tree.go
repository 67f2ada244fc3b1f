package projection

import (
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/rawjson"
)

// root is the document itself among the members of a tree.
const root = 0

// How much of a member is kept.
const (
	dropped = iota
	partly  // some of its members
	wholly
)

// member is a member of an object of the document; the root has a value only.
type member struct {
	rawjson.Member
	first, n int // its own members in the tree, once listed
	listed   bool
	kept     uint8
}

// tree holds the members of those objects of a document that a path goes through. Its
// memory is used again for the next document.
type tree struct {
	doc     []byte
	members []member
}

func (t *tree) reset(doc []byte) {
	t.doc = doc
	t.members = append(t.members[:0], member{kept: partly})
}

// list finds the members of an object, once.
func (t *tree) list(of int) (first, n int) {
	if m := &t.members[of]; m.listed {
		return m.first, m.n
	}
	first = len(t.members)
	o := rawjson.ObjectAt(t.doc, t.members[of].Value)
	for m, ok := o.Next(); ok; m, ok = o.Next() {
		t.members = append(t.members, member{Member: m})
	}
	n = len(t.members) - first
	listed := &t.members[of]
	listed.listed, listed.first, listed.n = true, first, n
	return first, n
}

// keep marks what a path below an object leads to, and reports whether it leads anywhere.
// A name may hold dots: the whole path is tried first, then each of its beginnings that
// names an object, the shortest first.
func (t *tree) keep(of int, path string) bool {
	first, n := t.list(of)
	for i := first; i < first+n; i++ {
		if string(t.members[i].Name) == path {
			t.members[i].kept = wholly
			return true
		}
	}
	for tried := -1; ; {
		i := t.beginning(first, n, path, tried)
		if i < 0 {
			return false
		}
		tried = len(t.members[i].Name)
		if t.keep(i, path[tried+1:]) {
			t.members[i].kept = max(t.members[i].kept, partly)
			return true
		}
	}
}

// beginning gives the member with the shortest name longer than tried that path begins
// with, up to a dot, and that holds an object; -1 when there is none.
func (t *tree) beginning(first, n int, path string, tried int) int {
	found := -1
	for i := first; i < first+n; i++ {
		m := &t.members[i]
		l := len(m.Name)
		fits := l > tried && l < len(path) && path[l] == '.' && strings.HasPrefix(path, string(m.Name)) && t.doc[m.Value] == '{'
		if fits && (found < 0 || l < len(t.members[found].Name)) {
			found = i
		}
	}
	return found
}

// append copies what is marked of an object.
func (t *tree) append(dst []byte, of int) []byte {
	dst = append(dst, '{')
	o, some := t.members[of], false
	for i := o.first; i < o.first+o.n; i++ {
		m := &t.members[i]
		if m.kept == dropped {
			continue
		}
		if some {
			dst = append(dst, ',')
		}
		some = true
		if m.kept == wholly {
			dst = append(dst, t.doc[m.Begin:m.End]...)
			continue
		}
		dst = append(dst, t.doc[m.Begin:m.Value]...)
		dst = t.append(dst, i)
	}
	return append(dst, '}')
}
