package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	yaml "go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// The limits of one file; those of nodes and text hold with aliases expanded, and for a
// tree that was put together from several files.
const (
	MaxBytes = 1 << 20
	MaxDepth = 100
	MaxNodes = 100_000
	MaxText  = 4 << 20
)

var errTooBig = errors.New("the parsed YAML is too big")

// File is a CI file in its two parts.
type File struct {
	Spec    *Map // the header's spec, nil without header
	Content *Map
}

// Parse reads a CI file: one YAML document, or a header with spec and a second one.
// Every error is meant for the author of the file.
func Parse(data []byte) (File, error) {
	docs, err := parseDocuments(data)
	if err != nil {
		return File{}, err
	}
	switch len(docs) {
	case 0:
		return File{Content: NewMap()}, nil
	case 1:
		content, err := mapping(docs[0])
		return File{Content: content}, err
	case 2:
		return withHeader(docs)
	}
	return File{}, fmt.Errorf("the file has %d YAML documents, a header and the configuration are allowed", len(docs))
}

func withHeader(docs []Value) (File, error) {
	header, err := mapping(docs[0])
	if err != nil || !header.Has("spec") {
		return File{}, errors.New("the first of two YAML documents must be a header with spec")
	}
	for _, k := range header.Keys() {
		if k != "spec" {
			return File{}, fmt.Errorf("header config contains unknown keys: %s", k)
		}
	}
	spec, err := mapping(header.Get("spec"))
	if err != nil {
		return File{}, errors.New("header:spec config should be a hash")
	}
	content, err := mapping(docs[1])
	return File{Spec: spec, Content: content}, err
}

// mapping takes null as an empty mapping.
func mapping(v Value) (*Map, error) {
	switch v := v.(type) {
	case *Map:
		return v, nil
	case nil:
		return NewMap(), nil
	}
	return nil, errors.New("Invalid configuration format")
}

func parseDocuments(data []byte) ([]Value, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("the parsed YAML is too big: the file is over %d bytes", MaxBytes)
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithUniqueKeys(false),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(MaxDepth), loaderlimits.AliasNone())))
	if err != nil {
		return nil, fmt.Errorf("preparing the YAML loader: %w", err)
	}
	b := &builder{}
	var docs []Value
	for {
		var node yaml.Node
		err := loader.Load(&node)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("invalid YAML: %s", oneLine(err))
		}
		v, err := b.value(&node, 0)
		if err != nil {
			return nil, err
		}
		docs = append(docs, v)
	}
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(err.Error(), "?")), " ")
}

// builder turns nodes into values and counts what it makes, aliases expanded.
type builder struct {
	nodes, text int
}

func (b *builder) value(n *yaml.Node, depth int) (Value, error) {
	b.nodes++
	b.text += len(n.Value)
	if b.nodes > MaxNodes || b.text > MaxText || depth > MaxDepth {
		return nil, errTooBig
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return nil, nil
		}
		return b.value(n.Content[0], depth+1)
	case yaml.AliasNode:
		// A node that contains its own alias runs into the depth limit.
		return b.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		return b.sequence(n, depth)
	case yaml.MappingNode:
		return b.mapping(n, depth)
	case yaml.ScalarNode:
		return scalar(n)
	default:
		return nil, nil
	}
}

func (b *builder) sequence(n *yaml.Node, depth int) (Value, error) {
	if n.Tag == "!reference" {
		return reference(n)
	}
	if err := known(n, "!!seq"); err != nil {
		return nil, err
	}
	list := make([]Value, 0, len(n.Content))
	for _, c := range n.Content {
		v, err := b.value(c, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func reference(n *yaml.Node) (Value, error) {
	ref := make(Reference, 0, len(n.Content))
	for _, c := range n.Content {
		if c.Kind != yaml.ScalarNode || c.ShortTag() != "!!str" {
			ref = nil
			break
		}
		ref = append(ref, c.Value)
	}
	if len(ref) == 0 {
		return nil, fmt.Errorf("line %d: !reference is not valid, it takes a list of strings", n.Line)
	}
	return ref, nil
}

func (b *builder) mapping(n *yaml.Node, depth int) (Value, error) {
	if err := known(n, "!!map"); err != nil {
		return nil, err
	}
	out, merged := NewMap(), NewMap()
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, c := n.Content[i], n.Content[i+1]
		v, err := b.value(c, depth+1)
		if err != nil {
			return nil, err
		}
		if k.ShortTag() == "!!merge" {
			if err := mergeInto(merged, v, c.Line); err != nil {
				return nil, err
			}
			continue
		}
		key, err := keyText(k)
		if err != nil {
			return nil, err
		}
		out.Set(key, v)
	}
	if merged.Len() == 0 {
		return out, nil
	}
	return shallow(merged, out), nil
}

// mergeInto adds the mappings of a merge key: of several, the first that has a key wins.
func mergeInto(merged *Map, v Value, line int) error {
	list, ok := v.([]Value)
	if !ok {
		list = []Value{v}
	}
	for _, item := range list {
		m, ok := item.(*Map)
		if !ok {
			return fmt.Errorf("line %d: a merge key takes a hash or a list of hashes", line)
		}
		for _, k := range m.Keys() {
			if !merged.Has(k) {
				merged.Set(k, m.values[k])
			}
		}
	}
	return nil
}

func shallow(base, over *Map) *Map {
	for _, k := range over.Keys() {
		base.Set(k, over.values[k])
	}
	return base
}

func keyText(k *yaml.Node) (string, error) {
	for k.Kind == yaml.AliasNode {
		k = k.Alias
	}
	if k.Kind != yaml.ScalarNode {
		return "", fmt.Errorf("line %d: a key must be a scalar", k.Line)
	}
	return k.Value, nil
}

func known(n *yaml.Node, tag string) error {
	if t := n.ShortTag(); t != tag {
		return fmt.Errorf("line %d: unknown tag %s", n.Line, t)
	}
	return nil
}

func scalar(n *yaml.Node) (Value, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!str", "!!timestamp", "!!merge":
		if b, ok := plainBool(n); ok {
			return b, nil
		}
		return n.Value, nil
	case "!!bool", "!!int", "!!float":
		return number(n)
	}
	return nil, fmt.Errorf("line %d: unknown tag %s", n.Line, n.ShortTag())
}

// plainBool knows the booleans that only YAML 1.1 has.
func plainBool(n *yaml.Node) (value, ok bool) {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0 {
		return false, false
	}
	switch strings.ToLower(n.Value) {
	case "yes", "on":
		return true, true
	case "no", "off":
		return false, true
	}
	return false, false
}

func number(n *yaml.Node) (Value, error) {
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, fmt.Errorf("line %d: invalid value %q", n.Line, n.Value)
	}
	switch v := v.(type) {
	case bool:
		return v, nil
	case int:
		return int64(v), nil
	case int64:
		return v, nil
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v, nil
		}
	}
	return n.Value, nil
}
