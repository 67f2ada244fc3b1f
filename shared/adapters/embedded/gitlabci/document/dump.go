package document

import (
	"fmt"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Dump prints a tree as YAML that Parse reads back to the same tree.
func Dump(m *Map) (string, error) {
	if err := Check(m); err != nil {
		return "", err
	}
	out, err := yaml.Dump(node(m), yaml.WithLineWidth(-1))
	if err != nil {
		return "", fmt.Errorf("printing YAML: %w", err)
	}
	return string(out), nil
}

func node(v Value) *yaml.Node {
	switch v := v.(type) {
	case *Map:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, k := range v.Keys() {
			n.Content = append(n.Content, text(k), node(v.Get(k)))
		}
		return n
	case []Value:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range v {
			n.Content = append(n.Content, node(item))
		}
		return n
	case Reference:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!reference", Style: yaml.FlowStyle}
		for _, part := range v {
			n.Content = append(n.Content, text(part))
		}
		return n
	case string:
		return text(v)
	}
	return plain(v)
}

// text quotes what would read back as something else.
func text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch strings.ToLower(s) {
	case "yes", "no", "on", "off", "<<":
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func plain(v Value) *yaml.Node {
	s, _ := Text(v)
	switch v.(type) {
	case nil:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: s}
	case int64:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: s}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: s}
}
