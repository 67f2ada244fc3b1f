package lint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"

	"go.yaml.in/yaml/v4"
)

// place is a place in the file, from 1.
type place struct{ line, column int }

// document is one document of a file.
type document struct {
	root *yaml.Node
	kind string
}

// yamlError says why the rest of a file could not be read.
type yamlError struct {
	line, column int
	message      string
}

// yamlPlace is how the parser names a place: "line 3, column 4: " or "go-yaml load error in
// composer at L3.C4: ".
var yamlPlace = lazyregexp.New(`(?:line |go-yaml load error in \w+ at L)(\d+)(?:(?:, column |\.C)(\d+))?:? ?`)

// read reads a file's documents up to the first one that is not YAML.
func read(content []byte) ([]document, *yamlError) {
	var list []document
	d := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var n yaml.Node
		if err := d.Decode(&n); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return list, explainYAML(err)
		}
		if n.Kind != yaml.DocumentNode || len(n.Content) == 0 {
			continue
		}
		root := n.Content[0]
		kind, _ := text(member(root, "kind"))
		list = append(list, document{root: root, kind: kind})
	}
}

func explainYAML(err error) *yamlError {
	e := &yamlError{line: 1, message: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := yamlPlace.FindStringSubmatch(e.message); m != nil {
		e.line, _ = strconv.Atoi(m[1])
		e.column, _ = strconv.Atoi(m[2])
		e.message = strings.Replace(e.message, m[0], "", 1)
	}
	return e
}

// resolved follows aliases.
func resolved(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// member gives the value of a key of a mapping, nil when there is none.
func member(n *yaml.Node, key string) *yaml.Node {
	_, v := entry(n, key)
	return v
}

// entry gives key and value of a mapping's member.
func entry(n *yaml.Node, key string) (k, v *yaml.Node) {
	n = resolved(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], resolved(n.Content[i+1])
		}
	}
	return nil, nil
}

// items gives the elements of a sequence.
func items(n *yaml.Node) []*yaml.Node {
	if n = resolved(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// text gives the value of a text; false for anything else.
func text(n *yaml.Node) (string, bool) {
	if n = resolved(n); n == nil || n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return "", false
	}
	return n.Value, true
}

// at gives where a node stands.
func at(n *yaml.Node) place {
	if n == nil {
		return place{1, 1}
	}
	return place{max(n.Line, 1), max(n.Column, 1)}
}

// within gives where a line and column of a text's value stand in the file. It is exact
// for plain and quoted text of one line and for literal blocks, and gives the first line of
// what YAML folds.
func (d document) within(n *yaml.Node, line, column, margin int) place {
	n = resolved(n)
	switch n.Style &^ yaml.TaggedStyle {
	case yaml.LiteralStyle:
		return place{n.Line + line, margin + column}
	case yaml.FoldedStyle:
		return place{n.Line + 1, margin + 1}
	case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
		column++
	}
	if line > 1 {
		return place{n.Line, n.Column}
	}
	before := n.Value
	if i := min(column-1, utf8.RuneCountInString(before)); n.Style&yaml.DoubleQuotedStyle != 0 {
		before = string([]rune(before)[:i])
		column += strings.Count(before, `"`) + strings.Count(before, `\`) // each is written with a backslash
	}
	return place{n.Line, n.Column + column - 1}
}

// locate gives the node that a JSON pointer leads to: the key of a member or an item, and
// the last one on the way where the document does not go that far.
func (d document) locate(pointer string) *yaml.Node {
	shown, n := d.root, d.root
	for _, token := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if k, v := entry(n, token); v != nil {
			shown, n = k, v
			continue
		}
		i, err := strconv.Atoi(token)
		list := items(n)
		if err != nil || i < 0 || i >= len(list) {
			break
		}
		shown, n = list[i], list[i]
	}
	return shown
}

// pointerTo extends a pointer by one part.
func pointerTo(pointer string, part any) string {
	return pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(fmt.Sprint(part))
}
