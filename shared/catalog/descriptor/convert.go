package descriptor

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// loadYAML reads the text of one document.
func loadYAML(text string) (*yaml.Node, error) {
	var root yaml.Node
	loader, err := yaml.NewLoader(strings.NewReader(text))
	if err == nil {
		err = loader.Load(&root)
	}
	if err != nil {
		return nil, newSyntaxError(err)
	}
	if err := loader.Load(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("the document does not end where it seems to: a line break is none that YAML 1.2 has")
	}
	return &root, nil
}

// syntaxError is an error of the YAML library in words.
type syntaxError struct {
	message      string
	line, column int // in the document, from 1; 0 when unknown
}

func (e *syntaxError) Error() string { return e.message }

func newSyntaxError(err error) error {
	var at *yaml.LoadError
	switch {
	case errors.Is(err, io.EOF):
		return &syntaxError{message: "the document is empty"}
	case errors.As(err, &at):
		return &syntaxError{message: "the document is not valid YAML: " + errs.Clip(at.Message), line: at.Mark.Line, column: at.Mark.Column + 1}
	}
	return &syntaxError{message: "the document is not valid YAML"}
}

// nodeError is a problem with one node.
type nodeError struct {
	node    *yaml.Node
	message string
}

func (e *nodeError) Error() string { return e.message }

func fail(n *yaml.Node, format string, args ...any) error {
	return &nodeError{node: n, message: fmt.Sprintf(format, args...)}
}

// converter turns YAML nodes into JSON's types within the limits.
type converter struct {
	nodes *int
	// placeholders are those that were found, in order of the file; not looked for when nil.
	placeholders *[]placeholder
}

func (c converter) count(n *yaml.Node, depth int) error {
	if *c.nodes++; *c.nodes > maxNodes {
		return fail(n, "the file holds more than %d values", maxNodes)
	}
	if depth > maxDepth {
		return fail(n, "the document is nested deeper than %d levels", maxDepth)
	}
	return nil
}

func (c converter) value(n *yaml.Node, depth int) (any, error) {
	if err := c.count(n, depth); err != nil {
		return nil, err
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) != 1 {
			return nil, fail(n, "the document is empty")
		}
		return c.value(n.Content[0], depth)
	case yaml.AliasNode:
		return c.value(n.Alias, depth+1)
	case yaml.MappingNode:
		return c.mapping(n, depth)
	case yaml.SequenceNode:
		return c.sequence(n, depth)
	}
	return c.scalar(n)
}

func (c converter) sequence(n *yaml.Node, depth int) (any, error) {
	if n.ShortTag() != "!!seq" {
		return nil, fail(n, "the tag %s is not supported", errs.Clip(n.Tag))
	}
	out := make([]any, len(n.Content))
	for i, item := range n.Content {
		v, err := c.value(item, depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = v
		c.note(item, depth+1, v, func(v any) { out[i] = v })
	}
	return out, nil
}

func (c converter) mapping(n *yaml.Node, depth int) (any, error) {
	if n.ShortTag() != "!!map" {
		return nil, fail(n, "the tag %s is not supported", errs.Clip(n.Tag))
	}
	out := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := resolved(n.Content[i])
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			return nil, fail(n.Content[i], "a key must be plain text; merge keys (<<) are not supported")
		}
		name := key.Value
		if _, twice := out[name]; twice {
			return nil, fail(n.Content[i], "the key %q is there twice", errs.Clip(name))
		}
		v, err := c.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		out[name] = v
		c.note(n.Content[i+1], depth+1, v, func(v any) { out[name] = v })
	}
	return out, nil
}

// resolved gives what an alias stands for.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (c converter) scalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		return n.Value, nil
	case "!!null":
		return nil, nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), nil
	case "!!int", "!!float":
		var f float64
		if err := n.Decode(&f); err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return nil, fail(n, "%q is not a number that JSON has", errs.Clip(n.Value))
		}
		return f, nil
	}
	return nil, fail(n, "the tag %s is not supported", errs.Clip(n.Tag))
}
