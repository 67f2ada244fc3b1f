package descriptor

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The limits of a descriptor file. They bound work and memory before anything is decoded.
const (
	MaxFileBytes   = 1 << 20
	maxDocuments   = 500
	maxDepth       = 64
	maxNodes       = 100_000 // of a whole file, aliases counted each time they are used
	maxEntityBytes = 300 << 10
)

// Document is one valid document of a file.
type Document struct {
	Entity   entity.Entity
	Document int
	Line     int
}

// Parse reads all YAML documents of a file. Each is judged for itself: what is
// wrong with one never hides its neighbours. Timestamps stay the text they are.
func Parse(data []byte) ([]Document, []entity.Problem) {
	switch {
	case len(data) > MaxFileBytes:
		return nil, []entity.Problem{{Message: fmt.Sprintf("the file takes %d bytes, more than %d", len(data), MaxFileBytes)}}
	case !utf8.Valid(data):
		return nil, []entity.Problem{{Message: "the file is not UTF-8 text"}}
	}
	chunks := splitDocuments(lineBreaks.Replace(string(data)))
	if len(chunks) > maxDocuments {
		return nil, []entity.Problem{{Message: fmt.Sprintf("the file holds %d documents, more than %d", len(chunks), maxDocuments)}}
	}
	p := parser{seen: map[string]int{}}
	for i, c := range chunks {
		p.document(i+1, c)
	}
	return p.good, p.problems
}

// lineBreaks turns all breaks into line feeds, which YAML takes them for (1.2 §5.4).
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// chunk is the text of one document and the number of lines before it.
type chunk struct {
	text  string
	lines int
}

// documentMarker begins a document wherever a line starts with it, even inside a scalar
// (YAML 1.2 §9.1.2, c-forbidden), so a file can be cut without parsing it.
var documentMarker = regexp.MustCompile(`(?m)^---(?:[ \t]|$)|^\.\.\.[ \t]*$`)

// blankDocument has no content: blank lines, comments and directives only.
var blankDocument = regexp.MustCompile(`^(?:---|\.\.\.)?[ \t]*(?:[#%][^\n]*)?(?:\n[ \t]*(?:[#%][^\n]*)?)*$`)

func splitDocuments(s string) []chunk {
	s = strings.TrimPrefix(s, "\ufeff")
	var out []chunk
	begin, lines := 0, 0
	cut := func(end int) {
		part := s[begin:end]
		if !blankDocument.MatchString(strings.TrimRight(part, " \t\n")) {
			out = append(out, chunk{text: part, lines: lines})
		}
		lines += strings.Count(part, "\n")
		begin = end
	}
	for _, m := range documentMarker.FindAllStringIndex(s, -1) {
		cut(m[0])
	}
	cut(len(s))
	return out
}

type parser struct {
	good     []Document
	problems []entity.Problem
	seen     map[string]int // ref → document
	nodes    int
}

func (p *parser) document(number int, c chunk) {
	doc, line, err := p.load(c)
	if err != nil {
		p.problems = append(p.problems, entity.Problem{Document: number, Line: line, Message: err.Error()})
		return
	}
	e, wrong := entity.Validate(doc)
	if len(wrong) == 0 {
		wrong = p.admit(e, number)
	}
	for _, w := range wrong {
		w.Document, w.Line, w.Ref = number, line, entity.LooseRef(doc)
		p.problems = append(p.problems, w)
	}
	if len(wrong) == 0 {
		p.good = append(p.good, Document{Entity: e, Document: number, Line: line})
	}
}

// admit checks what depends on more than the entity's own fields.
func (p *parser) admit(e entity.Entity, number int) []entity.Problem {
	if body, err := entity.Canonical(e); err != nil || len(body) > maxEntityBytes {
		return []entity.Problem{{Message: fmt.Sprintf("the entity takes more than %d bytes", maxEntityBytes)}}
	}
	ref := e.Ref().String()
	if first, taken := p.seen[ref]; taken {
		return []entity.Problem{{Pointer: "/metadata/name", Message: fmt.Sprintf("document %d of the same file is this entity already", first)}}
	}
	p.seen[ref] = number
	return nil
}

// load decodes one document into JSON's types and gives the line it starts at.
func (p *parser) load(c chunk) (doc map[string]any, line int, err error) {
	var root yaml.Node
	line = c.lines + 1
	loader, err := yaml.NewLoader(strings.NewReader(c.text))
	if err == nil {
		err = loader.Load(&root)
	}
	if err != nil {
		return nil, c.lineOf(err), yamlError(err)
	}
	if err := loader.Load(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, line, errors.New("the document does not end where it seems to: a line break is none that YAML 1.2 has")
	}
	conv := converter{nodes: &p.nodes, lines: c.lines}
	v, err := conv.value(&root, 0)
	if err != nil {
		var at *lineError
		if errors.As(err, &at) {
			line = at.line
		}
		return nil, line, err
	}
	doc, ok := v.(map[string]any)
	if !ok {
		return nil, line, errors.New("the document is not an object")
	}
	if len(root.Content) > 0 {
		line = c.lines + root.Content[0].Line
	}
	return doc, line, nil
}

// lineOf gives the line of the file that an error of the YAML library is about. What is
// missing at the end is told at the last line.
func (c chunk) lineOf(err error) int {
	var at *yaml.LoadError
	if !errors.As(err, &at) || at.Mark.Line < 1 {
		return c.lines + 1
	}
	last := strings.Count(strings.TrimRight(c.text, "\n"), "\n") + 1
	return c.lines + min(at.Mark.Line, last)
}

func yamlError(err error) error {
	var at *yaml.LoadError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the document is empty")
	case errors.As(err, &at):
		return fmt.Errorf("the document is not valid YAML: %s", errs.Clip(at.Message))
	}
	return errors.New("the document is not valid YAML")
}

// lineError is a problem at a line of the file.
type lineError struct {
	line    int
	message string
}

func (e *lineError) Error() string { return e.message }

// converter turns YAML nodes into JSON's types within the limits.
type converter struct {
	nodes *int
	lines int
}

func (c converter) fail(n *yaml.Node, format string, args ...any) error {
	return &lineError{line: c.lines + n.Line, message: fmt.Sprintf(format, args...)}
}

func (c converter) value(n *yaml.Node, depth int) (any, error) {
	if *c.nodes++; *c.nodes > maxNodes {
		return nil, c.fail(n, "the file holds more than %d values", maxNodes)
	}
	if depth > maxDepth {
		return nil, c.fail(n, "the document is nested deeper than %d levels", maxDepth)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) != 1 {
			return nil, c.fail(n, "the document is empty")
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
		return nil, c.fail(n, "the tag %s is not supported", errs.Clip(n.Tag))
	}
	out := make([]any, 0, len(n.Content))
	for _, item := range n.Content {
		v, err := c.value(item, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (c converter) mapping(n *yaml.Node, depth int) (any, error) {
	if n.ShortTag() != "!!map" {
		return nil, c.fail(n, "the tag %s is not supported", errs.Clip(n.Tag))
	}
	out := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			return nil, c.fail(key, "a key must be plain text; merge keys (<<) are not supported")
		}
		if _, twice := out[key.Value]; twice {
			return nil, c.fail(key, "the key %q is there twice", errs.Clip(key.Value))
		}
		v, err := c.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		out[key.Value] = v
	}
	return out, nil
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
			return nil, c.fail(n, "%q is not a number that JSON has", errs.Clip(n.Value))
		}
		return f, nil
	}
	return nil, c.fail(n, "the tag %s is not supported", errs.Clip(n.Tag))
}
