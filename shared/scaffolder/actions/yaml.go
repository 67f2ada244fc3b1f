package actions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// yamlText writes a value in the form in which Backstage writes descriptor files: objects in
// their order, numbers as JavaScript writes them, double quotes where quotes are needed.
func yamlText(v any) ([]byte, error) {
	w := yamlWriter{}
	if document, err := json.Marshal(v); err == nil && !bytes.ContainsFunc(document, private) {
		w.standIns = map[rune]rune{}
	}
	node, err := w.node(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(node); err != nil {
		return nil, err
	}
	if err := encoder.Close(); err != nil {
		return nil, err
	}
	return bytes.Map(w.original, out.Bytes()), nil
}

// yamlWriter makes nodes. The encoder escapes what is beyond the Basic Multilingual Plane,
// such as emoji, and gives up literal blocks for it; so a private character stands in for
// each, unless the document has private ones itself.
type yamlWriter struct {
	standIns map[rune]rune // character -> what stands in for it; nil for nothing does
}

// The characters that Unicode leaves to private use.
const firstPrivate, lastPrivate = '\uE000', '\uF8FF'

func private(c rune) bool { return c >= firstPrivate && c <= lastPrivate }

func (w yamlWriter) node(v any) (*yaml.Node, error) {
	if members, ok := ordered(v); ok {
		return w.mapping(members)
	}
	switch v := v.(type) {
	case []any:
		node := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range v {
			inner, err := w.node(item)
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, inner)
		}
		return node, nil
	case string:
		return w.text(v)
	case float64:
		number, err := json.Marshal(v)
		return &yaml.Node{Kind: yaml.ScalarNode, Value: string(number)}, err
	}
	node := new(yaml.Node)
	return node, node.Encode(v)
}

func (w yamlWriter) mapping(members templating.Object) (*yaml.Node, error) {
	node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, m := range members {
		key, err := w.text(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := w.node(m.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		node.Content = append(node.Content, key, value)
	}
	return node, nil
}

// text makes a node of a text. Single quotes, the encoder's choice, are kept for what has
// double ones in it.
func (w yamlWriter) text(s string) (*yaml.Node, error) {
	s = w.standIn(s)
	node := new(yaml.Node)
	if err := node.Encode(s); err != nil {
		return nil, err
	}
	written, err := yaml.Marshal(node)
	if err == nil && bytes.HasPrefix(written, []byte("'")) && (!strings.Contains(s, `"`) || strings.Contains(s, "'")) {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node, err
}

func (w yamlWriter) standIn(s string) string {
	if w.standIns == nil {
		return s
	}
	return strings.Map(func(c rune) rune {
		next := firstPrivate + rune(len(w.standIns))
		switch known := w.standIns[c]; {
		case known != 0:
			return known
		case c <= 0xFFFF || next > lastPrivate:
			return c
		}
		w.standIns[c] = next
		return next
	}, s)
}

// original gives the character that another one stands in for.
func (w yamlWriter) original(c rune) rune {
	if !private(c) {
		return c
	}
	for original, standIn := range w.standIns {
		if standIn == c {
			return original
		}
	}
	return c
}
