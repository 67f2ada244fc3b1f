package descriptor

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/platform/errs"
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
	kind   string
	target string
	put    func(any)
}

var placeholderKinds = map[string]string{"$text": "text", "$json": "JSON", "$yaml": "YAML"}

// note keeps a value that is a placeholder.
func (c converter) note(n *yaml.Node, v any, put func(any)) {
	object, ok := v.(map[string]any)
	if !ok || len(object) != 1 || c.placeholders == nil {
		return
	}
	for key, value := range object {
		if target, ok := value.(string); ok && placeholderKinds[key] != "" {
			*c.placeholders = append(*c.placeholders, placeholder{node: n, kind: key, target: target, put: put})
		}
	}
}

// include puts what placeholders name in their place.
func (p *parser) include(found []placeholder) error {
	for _, hole := range found {
		v, err := p.content(hole)
		if err != nil {
			return fail(hole.node, "%s %s: %s", hole.kind, errs.Clip(hole.target), err.Error())
		}
		hole.put(v)
	}
	return nil
}

func (p *parser) content(hole placeholder) (any, error) {
	raw, err := p.read(hole.target)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(raw) || strings.ContainsRune(string(raw), 0) {
		return nil, errors.New("is not UTF-8 text")
	}
	switch hole.kind {
	case "$json":
		return p.fromJSON(raw)
	case "$yaml":
		return p.fromYAML(string(raw))
	}
	return string(raw), nil
}

// read gives what a placeholder names, once for all that name the same.
func (p *parser) read(target string) ([]byte, error) {
	if known, ok := p.included[target]; ok {
		return known.text, known.err
	}
	if len(p.included) == maxPlaceholders {
		return nil, fmt.Errorf("the file names more than %d others", maxPlaceholders)
	}
	text, err := p.options.Read(target)
	if err != nil {
		err = errors.New(errs.Message(err))
	}
	if p.includedBytes += len(text); p.includedBytes > maxPlaceholderBytes {
		text, err = nil, fmt.Errorf("all that the file brings in takes more than %d bytes", maxPlaceholderBytes)
	}
	p.included[target] = included{text: text, err: err}
	return text, err
}

// included is what reading for a placeholder gave.
type included struct {
	text []byte
	err  error
}

func (p *parser) fromJSON(raw []byte) (any, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("is not valid JSON: %s", errs.Clip(err.Error()))
	}
	return v, p.countJSON(v, 0)
}

// countJSON holds a decoded value against the limits of a file.
func (p *parser) countJSON(v any, depth int) error {
	if err := (converter{nodes: &p.nodes}).count(nil, depth); err != nil {
		return err
	}
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			if err := p.countJSON(item, depth+1); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range v {
			if err := p.countJSON(item, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *parser) fromYAML(text string) (any, error) {
	if len(text) > MaxFileBytes {
		return nil, fmt.Errorf("takes more than %d bytes", MaxFileBytes)
	}
	documents := splitDocuments(lineBreaks.Replace(text))
	if len(documents) != 1 {
		return nil, fmt.Errorf("holds %d YAML documents, not one", len(documents))
	}
	root, err := p.decode(documents[0].text)
	if err != nil {
		return nil, err
	}
	return converter{nodes: &p.nodes}.value(root, 0)
}
