package gitlabci

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

// maxExtends is how many levels of extends GitLab follows; maxReferences the same for
// !reference.
const (
	maxExtends    = 10
	maxReferences = 10
)

// maxCopied bounds the nodes that all extends of a file copy together.
const maxCopied = 10 * document.MaxNodes

// resolve applies extends, then !reference, in GitLab's order.
func (l *loader) resolve(tree *document.Map) *document.Map {
	x := &extender{tree: tree, done: make(map[string]extension), open: make(map[string]bool)}
	extended := document.NewMap()
	for _, name := range tree.Keys() {
		e, err := x.extend(name)
		if err != nil {
			l.problem("%v", err)
			return tree
		}
		extended.Set(name, e.value)
	}
	if err := document.Check(extended); err != nil {
		l.problem("%v", err)
		return tree
	}
	r := &resolver{root: extended}
	out, err := r.value(extended, 0)
	if err == nil {
		err = document.Check(out)
	}
	if err != nil {
		l.problem("%v", err)
		return tree
	}
	resolved, _ := out.(*document.Map)
	return resolved
}

// extension is an entry with its bases below it.
type extension struct {
	value  document.Value
	levels int // of extends below it
	size   int // nodes
}

// extender works every entry out once and bounds what it copies.
type extender struct {
	tree   *document.Map
	done   map[string]extension
	open   map[string]bool // on the way from the entry in work
	copied int
}

func (x *extender) extend(name string) (extension, error) {
	if e, ok := x.done[name]; ok {
		return e, nil
	}
	entry, ok := x.tree.Get(name).(*document.Map)
	if !ok || !entry.Has("extends") {
		e := extension{value: x.tree.Get(name)}
		e.size = document.Size(e.value)
		x.done[name] = e
		return e, nil
	}
	if x.open[name] {
		return extension{}, fmt.Errorf("%s: circular dependency detected in `extends`", name)
	}
	x.open[name] = true
	defer delete(x.open, name)
	e, err := x.merge(name, entry)
	if err == nil {
		x.done[name] = e
	}
	return e, err
}

func (x *extender) merge(name string, entry *document.Map) (extension, error) {
	bases, unknown := basesOf(x.tree, entry)
	if len(unknown) > 0 {
		return extension{}, fmt.Errorf("%s: unknown keys in `extends` (%s)", name, strings.Join(unknown, ", "))
	}
	merged, levels := document.NewMap(), 0
	for _, base := range bases {
		e, err := x.extend(base)
		if err != nil {
			return extension{}, err
		}
		m, ok := e.value.(*document.Map)
		if !ok {
			return extension{}, fmt.Errorf("%s: invalid base hashes in `extends` (%s)", name, base)
		}
		if levels = max(levels, e.levels+1); levels > maxExtends {
			return extension{}, fmt.Errorf("%s: nesting too deep in `extends`", name)
		}
		if x.copied += e.size; x.copied > maxCopied {
			return extension{}, fmt.Errorf("%s: `extends` makes the configuration too big", name)
		}
		merged = document.Merge(merged, m.Without("extends"))
	}
	out := document.Merge(merged, entry)
	return extension{value: out, levels: levels, size: document.Size(out)}, nil
}

func basesOf(tree, entry *document.Map) (bases, unknown []string) {
	for _, v := range listOf(entry.Get("extends")) {
		base, ok := v.(string)
		if !ok || !tree.Has(base) {
			unknown = append(unknown, fmt.Sprint(scalarText(v)))
			continue
		}
		bases = append(bases, base)
	}
	return bases, unknown
}

// resolver replaces !reference tags. It counts what it makes, since references to
// references can multiply.
type resolver struct {
	root  *document.Map
	nodes int
}

var errTooManyReferences = errors.New("the configuration is too big once its !reference tags are resolved")

func (r *resolver) value(v document.Value, depth int) (document.Value, error) {
	if r.nodes++; r.nodes > document.MaxNodes {
		return nil, errTooManyReferences
	}
	switch v := v.(type) {
	case document.Reference:
		return r.reference(v, depth+1)
	case []document.Value:
		out := make([]document.Value, 0, len(v))
		for _, item := range v {
			resolved, err := r.value(item, depth)
			if err != nil {
				return nil, err
			}
			out = append(out, resolved)
		}
		return out, nil
	case *document.Map:
		out := document.NewMap()
		for _, k := range v.Keys() {
			resolved, err := r.value(v.Get(k), depth)
			if err != nil {
				return nil, err
			}
			out.Set(k, resolved)
		}
		return out, nil
	}
	return v, nil
}

func (r *resolver) reference(ref document.Reference, depth int) (document.Value, error) {
	if depth > maxReferences {
		return nil, fmt.Errorf("%s is part of a circular chain or nested too deep", ref)
	}
	var at document.Value = r.root
	for _, key := range ref {
		m, ok := at.(*document.Map)
		if !ok || !m.Has(key) {
			return nil, fmt.Errorf("%s could not be found", ref)
		}
		at = m.Get(key)
	}
	if at == nil {
		return nil, fmt.Errorf("%s could not be found", ref)
	}
	return r.value(at, depth)
}
