package projection

import "strings"

// root is the document itself among the members of a tree.
const root = 0

// How much of a member is kept.
const (
	dropped = iota
	partly  // some of its members
	wholly
)

// member is a name and its value in an object of the document.
type member struct {
	name       []byte // unescaped
	begin, end int    // of name, colon and value in the document, for the root of the value alone
	value      int    // where the value begins
	first, n   int    // its own members in the tree, once listed
	listed     bool
	kept       uint8
}

// tree holds the members of those objects of a document that a path goes through. Its
// memory is used again for the next document.
type tree struct {
	doc     []byte
	members []member
}

func (t *tree) reset(doc []byte) {
	t.doc = doc
	t.members = append(t.members[:0], member{end: len(doc), kept: partly})
}

// list finds the members of an object, once.
func (t *tree) list(of int) (first, n int) {
	m := &t.members[of]
	if !m.listed {
		m.listed, m.first = true, len(t.members)
		t.members = scan(t.members, t.doc, m.value)
		m = &t.members[of] // they may have moved
		m.n = len(t.members) - m.first
	}
	return m.first, m.n
}

// keep marks what a path below an object leads to, and reports whether it leads anywhere.
// A name may hold dots: the whole path is tried first, then each of its beginnings that
// names an object, the shortest first.
func (t *tree) keep(of int, path string) bool {
	first, n := t.list(of)
	for i := first; i < first+n; i++ {
		if string(t.members[i].name) == path {
			t.members[i].kept = wholly
			return true
		}
	}
	for tried := -1; ; {
		i := t.beginning(first, n, path, tried)
		if i < 0 {
			return false
		}
		tried = len(t.members[i].name)
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
		l := len(m.name)
		fits := l > tried && l < len(path) && path[l] == '.' && strings.HasPrefix(path, string(m.name)) && t.doc[m.value] == '{'
		if fits && (found < 0 || l < len(t.members[found].name)) {
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
			dst = append(dst, t.doc[m.begin:m.end]...)
			continue
		}
		dst = append(dst, t.doc[m.begin:m.value]...)
		dst = t.append(dst, i)
	}
	return append(dst, '}')
}
