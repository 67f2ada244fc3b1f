package descriptor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// The limits of what the placeholders of a file bring in.
const (
	maxPlaceholders     = 100
	maxPlaceholderBytes = 2 << 20 // of all that a file names
)

// placeholder is an object with exactly one key, $text, $json or $yaml, whose value is the
// relative or absolute URL of what is to stand in its place (Backstage's
// PlaceholderProcessor). An object with other keys that begin with $ is left as it is: it
// may be part of a JSON schema. What was brought in holds no placeholders of its own.
type placeholder struct {
	node   *yaml.Node
	depth  int // of the place in the document
	kind   string
	target string
	put    func(any)
}

var placeholderKinds = []string{"$text", "$json", "$yaml"}

// note keeps a value that is a placeholder.
func (c converter) note(n *yaml.Node, depth int, v any, put func(any)) {
	object, ok := v.(map[string]any)
	if !ok || len(object) != 1 || c.placeholders == nil {
		return
	}
	for key, value := range object {
		if target, ok := value.(string); ok && slices.Contains(placeholderKinds, key) {
			*c.placeholders = append(*c.placeholders, placeholder{node: n, depth: depth, kind: key, target: target, put: put})
		}
	}
}

// include puts what placeholders name in their place. What a document that fails has
// brought in does not count against its neighbours.
func (p *parser) include(found []placeholder) error {
	before := p.nodes
	for _, hole := range found {
		got := p.content(hole)
		if p.nodes += got.nodes; got.err == nil && p.nodes > maxNodes {
			got.err = fmt.Errorf("the file holds more than %d values", maxNodes)
		}
		if got.err == nil && hole.depth+got.depth > maxDepth {
			got.err = fmt.Errorf("the document is nested deeper than %d levels", maxDepth)
		}
		if got.err != nil {
			p.nodes = before
			return fail(hole.node, "%s %s: %s", hole.kind, errs.Clip(hole.target), got.err.Error())
		}
		hole.put(got.value)
		p.orders[hole.node] = got.order
	}
	return nil
}

// included is what a placeholder brings in. The value may stand in several places.
type included struct {
	value        any
	order        *keyorder.Order
	nodes, depth int
	err          error
}

// content gives what a placeholder names, read and decoded once for all that are alike.
func (p *parser) content(hole placeholder) included {
	key := hole.kind + " " + hole.target
	if _, known := p.included[key]; !known {
		var got included
		if got.value, got.order, got.err = p.understand(hole); got.err == nil {
			got.nodes, got.depth = measure(got.value)
		}
		p.included[key] = got
	}
	return p.included[key]
}

func (p *parser) understand(hole placeholder) (any, *keyorder.Order, error) {
	raw, err := p.read(hole.target)
	if err != nil {
		return nil, nil, err
	}
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return nil, nil, errors.New("is not UTF-8 text")
	}
	switch hole.kind {
	case "$json":
		return fromJSON(raw)
	case "$yaml":
		return fromYAML(string(raw))
	}
	return string(raw), nil, nil
}

func (p *parser) read(target string) ([]byte, error) {
	if len(p.included) == maxPlaceholders {
		return nil, fmt.Errorf("the file names more than %d others", maxPlaceholders)
	}
	if p.includedBytes > maxPlaceholderBytes {
		return nil, errTooMuch
	}
	text, err := p.options.Read(target)
	if err != nil {
		return nil, errors.New(errs.Message(err))
	}
	if p.includedBytes += len(text); p.includedBytes > maxPlaceholderBytes {
		return nil, errTooMuch
	}
	return text, nil
}

var errTooMuch = fmt.Errorf("all that the file brings in takes more than %d bytes", maxPlaceholderBytes)

func fromJSON(raw []byte) (any, *keyorder.Order, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(raw, &whole); err != nil {
		return nil, nil, fmt.Errorf("is not valid JSON: %s", errs.Clip(err.Error()))
	}
	return keyorder.Decode(whole)
}

func fromYAML(text string) (any, *keyorder.Order, error) {
	if len(text) > MaxFileBytes {
		return nil, nil, fmt.Errorf("takes more than %d bytes", MaxFileBytes)
	}
	documents := splitDocuments(lineBreaks.Replace(text))
	if len(documents) != 1 {
		return nil, nil, fmt.Errorf("holds %d YAML documents, not one", len(documents))
	}
	if weight(documents[0].text) > maxWeight {
		return nil, nil, errTooHeavy
	}
	root, err := loadYAML(documents[0].text)
	if err != nil {
		return nil, nil, err
	}
	nodes := 0
	v, err := converter{nodes: &nodes}.value(root, 0)
	if err != nil {
		return nil, nil, err
	}
	return v, orders{}.of(root), nil
}

// measure gives how many values a value is made of and how deep they are nested.
func measure(v any) (nodes, depth int) {
	nodes = 1
	within := func(item any) {
		n, d := measure(item)
		nodes, depth = nodes+n, max(depth, d+1)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			within(item)
		}
	case []any:
		for _, item := range v {
			within(item)
		}
	}
	return nodes, depth
}
