// Package projection owns the fields parameter of the catalog's lists: it keeps the chosen
// parts of an entity by copying bytes of its JSON, without decoding the document. It does
// not check documents: they are the index's own, valid and compact.
//
// Flow: Parse once for a request; then Append for each document: look up each path among
// the members of the objects that it goes through (tree.go), mark what it leads to, copy
// what is marked in the order of the document.
package projection

import (
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxPaths is far above what any page asks for; each path costs time for each entity.
const maxPaths = 500

// Projection keeps some fields of documents. It belongs to one request: Append is not safe
// for concurrent use.
type Projection struct {
	paths   []string
	scratch tree
}

// Parse reads the comma-separated paths of the fields parameter; nil when there are none,
// which keeps documents whole. Paths are case-sensitive, keys may hold dots, and lists
// have no inner paths.
func Parse(values []string) (*Projection, error) {
	var paths []string
	seen := map[string]bool{}
	for _, v := range values {
		for path := range strings.SplitSeq(v, ",") {
			path = strings.TrimSpace(path)
			if strings.Contains(path, "[") {
				return nil, errs.New(errs.Invalid, fmt.Sprintf("Invalid field %q, array type fields are not supported", errs.Clip(path)))
			}
			if path == "" || seen[path] {
				continue
			}
			if len(paths) == maxPaths {
				return nil, errs.New(errs.Invalid, fmt.Sprintf("Invalid fields, at most %d can be chosen", maxPaths))
			}
			seen[path] = true
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil, nil
	}
	return &Projection{paths: paths}, nil
}

// Append appends the kept fields of doc, a JSON object, to dst: the whole of it when p is
// nil. A path that leads nowhere keeps nothing, so {} may be all that is left.
func (p *Projection) Append(dst, doc []byte) []byte {
	if p == nil {
		return append(dst, doc...)
	}
	t := &p.scratch
	t.reset(doc)
	for _, path := range p.paths {
		t.keep(root, path)
	}
	return t.append(dst, root)
}
