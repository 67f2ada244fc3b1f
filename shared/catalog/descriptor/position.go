package descriptor

import (
	"errors"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// place is a place in a file, from 1.
type place struct{ line, column int }

// at gives the place of a node in the file.
func (c chunk) at(n *yaml.Node) place {
	if n == nil || n.Line == 0 {
		return place{line: c.lines + 1, column: 1}
	}
	return place{line: c.lines + n.Line, column: n.Column}
}

// atError gives the place that an error is about. What is missing at the end is told at
// the last line.
func (c chunk) atError(err error) place {
	var wrong *nodeError
	var syntax *syntaxError
	switch {
	case errors.As(err, &wrong):
		return c.at(wrong.node)
	case errors.As(err, &syntax) && syntax.line > 0:
		last := strings.Count(strings.TrimRight(c.text, "\n"), "\n") + 1
		if syntax.line > last {
			return place{line: c.lines + last}
		}
		return place{line: c.lines + syntax.line, column: syntax.column}
	}
	return place{line: c.lines + 1}
}

// locate gives the node that a pointer leads to: the key of a member, or an item of a list.
// Where the document does not go that far it is the last node on the way.
func locate(root *yaml.Node, pointer string) *yaml.Node {
	n := root
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	shown := n
	for _, token := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		key, value := step(resolved(n), token)
		if value == nil {
			break
		}
		shown, n = key, value
	}
	return shown
}

// step gives one member or item of a node, with what shows where it is.
func step(n *yaml.Node, token string) (shown, value *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if entity.PointerToken(resolved(n.Content[i]).Value) == token {
				return n.Content[i], n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(token); err == nil && 0 <= i && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	}
	return nil, nil
}

// pointerTo gives the pointer to the first place where a node is used, "" when there is none.
func pointerTo(n, wanted *yaml.Node, depth int) (string, bool) {
	if n == wanted {
		return "", true
	}
	if depth > maxDepth {
		return "", false
	}
	for i, child := range n.Content {
		token := strconv.Itoa(i)
		switch {
		case n.Kind == yaml.MappingNode && i%2 == 0:
			token = entity.PointerToken(resolved(child).Value)
		case n.Kind == yaml.MappingNode:
			token = entity.PointerToken(resolved(n.Content[i-1]).Value)
		}
		rest, found := pointerTo(child, wanted, depth+1)
		switch {
		case found && n.Kind == yaml.DocumentNode:
			return rest, true
		case found:
			return "/" + token + rest, true
		}
	}
	return "", false
}
