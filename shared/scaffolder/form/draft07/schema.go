package draft07

import (
	"errors"
	"maps"
	"net/url"
	"reflect"
	"strconv"
	"strings"
)

// Pattern is a regular expression.
type Pattern interface {
	MatchString(string) bool
}

// Config is what a Schema is made of.
type Config struct {
	Schema any
	// Pattern reads a regular expression.
	Pattern func(source string) (Pattern, error)
	// Formats are known besides, or instead of, those of this package.
	Formats map[string]func(string) error
}

// Schema is compiled. It is safe for concurrent use.
type Schema struct {
	root  *node
	size  int // of the schemas in it
	regex func(string) error
}

// node is one schema within another.
type node struct {
	id          int
	raw         any
	fixed, fits bool // true or false instead of rules
	ref         *node
	first, rest []check
}

// check holds one rule against a value.
type check func(r *run, at *place) []*Failure

// ErrRemote is a $ref that leads out of the schema.
var ErrRemote = errors.New("a $ref leads to another document")

// AbsentError is a $ref that leads nowhere.
type AbsentError struct{ Ref string }

func (e *AbsentError) Error() string { return "a $ref leads to " + e.Ref + ", which is not there" }

// InvalidError is a schema that is none: what the meta-schema finds wrong with it.
type InvalidError struct{ Failures []*Failure }

func (e *InvalidError) Error() string { return "the schema is not valid for draft-07" }

// Compile reads a schema. Errors are *InvalidError, *AbsentError, ErrRemote and ErrFuel.
func Compile(c Config) (*Schema, error) {
	k := newCompiler(c)
	k.meta = metaschema()
	if err := k.inspect(&place{value: c.Schema}); err != nil {
		return nil, err
	}
	return k.schema()
}

func newCompiler(c Config) *compiler {
	known := formats()
	maps.Copy(known, c.Formats)
	return &compiler{
		root: c.Schema, read: c.Pattern, formats: known, fuel: maxFuel,
		patterns: map[string]Pattern{}, nodes: map[uintptr]*node{},
	}
}

// compiler reads one schema.
type compiler struct {
	root     any
	read     func(string) (Pattern, error)
	formats  map[string]func(string) error
	patterns map[string]Pattern
	nodes    map[uintptr]*node // by the object that they are read from: a schema is one, whatever leads to it
	size     int
	fuel     int
	meta     *Schema // nil: this is it
	wrong    error
}

func (c *compiler) schema() (*Schema, error) {
	root := c.node(c.root)
	if c.wrong != nil {
		return nil, c.wrong
	}
	return &Schema{root: root, size: c.size, regex: c.formats["regex"]}, nil
}

// inspect holds a schema, at its place, against the meta-schema.
func (c *compiler) inspect(at *place) error {
	r := &run{fuel: c.fuel, active: make([]int, c.meta.size), regex: func(source string) error {
		_, err := c.pattern(source)
		return err
	}}
	found := r.apply(c.meta.root, at)
	if c.fuel = r.fuel; c.fuel < 0 {
		return ErrFuel
	}
	if len(found) > 0 {
		return &InvalidError{found}
	}
	return nil
}

func (c *compiler) pattern(source string) (Pattern, error) {
	if p, known := c.patterns[source]; known {
		return p, nil
	}
	p, err := c.read(source)
	if err == nil {
		c.patterns[source] = p
	}
	return p, err
}

// node gives the compiled form of a schema, which is still empty while it is being read.
func (c *compiler) node(raw any) *node {
	n := &node{id: c.size, raw: raw}
	if object, is := raw.(map[string]any); is {
		identity := reflect.ValueOf(object).Pointer()
		if known := c.nodes[identity]; known != nil {
			return known
		}
		c.nodes[identity] = n
	}
	c.size++
	c.fill(n)
	return n
}

func (c *compiler) list(raw any) []*node {
	written, _ := raw.([]any)
	nodes := make([]*node, 0, len(written))
	for _, item := range written {
		nodes = append(nodes, c.node(item))
	}
	return nodes
}

// fill reads the rules of a schema in the order that they are tried in.
func (c *compiler) fill(n *node) {
	s, _ := n.raw.(map[string]any)
	fits, fixed := n.raw.(bool)
	if fixed || len(s) == 0 {
		n.fixed, n.fits = true, fits || !fixed
		return
	}
	if ref, is := s["$ref"].(string); is {
		n.ref = c.refer(ref)
		return
	}
	c.kinds(n, s)
	sizes(n, s)
	c.texts(n, s)
	bounds(n, s)
	c.lists(n, s)
	c.objects(n, s)
	c.choices(n, s)
}

// refer gives the schema that a $ref leads to. It may be in a place where no schema is looked
// for otherwise, and is held against the meta-schema here.
func (c *compiler) refer(ref string) *node {
	if c.wrong != nil {
		return nil
	}
	if remote(ref) {
		c.wrong = ErrRemote
		return nil
	}
	at, there := find(c.root, ref)
	if !there {
		c.wrong = &AbsentError{ref}
		return nil
	}
	if c.meta != nil && !c.known(at.value) {
		if c.wrong = c.inspect(at); c.wrong != nil {
			return nil
		}
	}
	return c.node(at.value)
}

func (c *compiler) known(raw any) bool {
	object, is := raw.(map[string]any)
	return is && c.nodes[reflect.ValueOf(object).Pointer()] != nil
}

func remote(ref string) bool { return ref != "" && ref[0] != '#' }

// Lookup gives what a local reference such as "#/definitions/a" leads to (RFC 6901 §6); false
// for one that leads nowhere or out of the document.
func Lookup(root any, ref string) (any, bool) {
	at, there := find(root, ref)
	if !there {
		return nil, false
	}
	return at.value, true
}

var unescaper = strings.NewReplacer("~1", "/", "~0", "~")

func find(root any, ref string) (*place, bool) {
	pointer, err := url.PathUnescape(strings.TrimPrefix(ref, "#"))
	if err != nil || remote(ref) || pointer != "" && pointer[0] != '/' {
		return nil, false
	}
	at := &place{value: root}
	for _, part := range strings.Split(pointer, "/")[1:] {
		name := unescaper.Replace(part)
		switch v := at.value.(type) {
		case map[string]any:
			member, there := v[name]
			if !there {
				return nil, false
			}
			at = at.below(name, member)
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			at = at.below(i, v[i])
		default:
			return nil, false
		}
	}
	return at, true
}
