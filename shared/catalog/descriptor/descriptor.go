package descriptor

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// The limits of a descriptor file. They bound work and memory before anything is decoded.
const (
	MaxFileBytes   = 1 << 20
	maxDocuments   = 500
	maxDepth       = 64
	maxNodes       = 100_000 // of a whole file, aliases counted each time they are used
	maxEntityBytes = 300 << 10
	maxBytes       = 4 << 20            // of all entities of a file: aliases and placeholders repeat what is long
	maxProblems    = entity.MaxProblems // of one document
)

// Options say how a file is to be understood.
type Options struct {
	Kinds *entity.Kinds // the built-in ones when nil
	// Read gives what a placeholder names: a URL, or a path relative to the file. Without
	// it placeholders stay as they are.
	Read func(target string) ([]byte, error)
}

// Document is one valid document of a file.
type Document struct {
	Entity   entity.Entity
	Document int // from 1
	Line     int // where it starts in the file

	root *yaml.Node
	text chunk
}

// Problem tells of something wrong with the document that only its reader can know, with
// its place in the file.
func (d Document) Problem(pointer, message string) entity.Problem {
	at := d.text.at(locate(d.root, pointer))
	return entity.Problem{Document: d.Document, Line: at.line, Column: at.column, Ref: d.Entity.Ref().String(), Pointer: pointer, Message: message}
}

// Parse reads all YAML documents of a file. Each is judged for itself: what is
// wrong with one never hides its neighbours. Timestamps stay the text they are.
func Parse(data []byte, o Options) ([]Document, []entity.Problem) {
	chunks, err := documentsOf(data)
	if err != nil {
		return nil, []entity.Problem{{Message: err.Error()}}
	}
	if o.Kinds == nil {
		o.Kinds = entity.Builtin()
	}
	p := parser{options: o, seen: map[string]int{}, included: map[string]included{}}
	for i, c := range chunks {
		p.document(i+1, c)
	}
	return p.good, p.problems
}

// documentsOf gives the texts of the documents of a file within the limits.
func documentsOf(data []byte) ([]chunk, error) {
	switch {
	case len(data) > MaxFileBytes:
		return nil, fmt.Errorf("the file takes %d bytes, more than %d", len(data), MaxFileBytes)
	case !utf8.Valid(data):
		return nil, errors.New("the file is not UTF-8 text")
	}
	chunks := splitDocuments(lineBreaks.Replace(string(data)))
	if len(chunks) > maxDocuments {
		return nil, fmt.Errorf("the file holds %d documents, more than %d", len(chunks), maxDocuments)
	}
	return chunks, nil
}

type parser struct {
	options  Options
	good     []Document
	problems []entity.Problem
	seen     map[string]int // ref → document
	nodes    int
	weight   int
	bytes    int // of the entities so far

	orders        orders // of what the document's placeholders have brought in
	included      map[string]included
	includedBytes int
}

func (p *parser) document(number int, c chunk) {
	d := Document{Document: number, text: c}
	doc, err := p.load(&d)
	if err != nil {
		at := c.atError(err)
		p.problems = append(p.problems, entity.Problem{Document: number, Line: at.line, Column: at.column,
			Ref: entity.LooseRef(doc), Pointer: d.pointerOf(err), Message: err.Error()})
		return
	}
	e, wrong := p.options.Kinds.Validate(doc)
	if len(wrong) == 0 {
		e.Order = p.orders.of(d.root)
		wrong = p.admit(e, number)
	}
	if len(wrong) == 0 {
		d.Entity = e
		p.good = append(p.good, d)
		return
	}
	p.problems = append(p.problems, d.placed(wrong, entity.LooseRef(doc))...)
}

// placed gives problems with their places, in the order of the file.
func (d Document) placed(wrong []entity.Problem, ref string) []entity.Problem {
	more := len(wrong) > maxProblems
	out := slices.Clone(wrong[:min(len(wrong), maxProblems)])
	for i := range out {
		at := d.text.at(locate(d.root, out[i].Pointer))
		out[i].Document, out[i].Line, out[i].Column, out[i].Ref = d.Document, at.line, at.column, ref
	}
	slices.SortStableFunc(out, func(a, b entity.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if more {
		out = append(out, entity.Problem{Document: d.Document, Line: d.Line, Ref: ref, Message: "there are more problems"})
	}
	return out
}

// pointerOf gives the pointer to the node that an error is about, "" when there is none.
func (d Document) pointerOf(err error) string {
	var wrong *nodeError
	if d.root == nil || !errors.As(err, &wrong) {
		return ""
	}
	pointer, _ := pointerTo(d.root, wrong.node, 0)
	return pointer
}

// admit checks what depends on more than the entity's own fields.
func (p *parser) admit(e entity.Entity, number int) []entity.Problem {
	body, err := entity.Canonical(e)
	switch {
	case err != nil || len(body) > maxEntityBytes:
		return []entity.Problem{{Message: fmt.Sprintf("the entity takes more than %d bytes", maxEntityBytes)}}
	case p.bytes+len(body) > maxBytes:
		return []entity.Problem{{Message: fmt.Sprintf("the entities of the file take more than %d bytes", maxBytes)}}
	}
	p.bytes += len(body)
	ref := e.Ref().String()
	if first, taken := p.seen[ref]; taken {
		return []entity.Problem{{Pointer: "/metadata/name", Message: fmt.Sprintf("document %d of the same file is this entity already", first)}}
	}
	p.seen[ref] = number
	return nil
}

// decode reads the text of a document into nodes.
func (p *parser) decode(text string) (*yaml.Node, error) {
	if p.weight += weight(text); p.weight > maxWeight {
		return nil, errTooHeavy
	}
	return loadYAML(text)
}

// naming gives the part of a document that can't be decoded by which an entity is named.
func naming(root *yaml.Node) map[string]any {
	out := map[string]any{"metadata": map[string]any{}}
	for _, way := range [][]string{{"kind"}, {"metadata", "name"}, {"metadata", "namespace"}} {
		n, into := root.Content[0], out
		for i, token := range way {
			if _, n = step(resolved(n), token); n == nil {
				break
			}
			if i < len(way)-1 {
				into = out[token].(map[string]any)
			} else if n.Kind == yaml.ScalarNode {
				into[token] = n.Value
			}
		}
	}
	return out
}

// load decodes a document into JSON's types. With an error, what could be decoded is given
// too: it may tell which entity is meant.
func (p *parser) load(d *Document) (map[string]any, error) {
	root, err := p.decode(d.text.text)
	if err != nil {
		return nil, err
	}
	d.root, d.Line = root, d.text.at(root).line
	var found []placeholder
	conv := converter{nodes: &p.nodes}
	if p.options.Read != nil {
		conv.placeholders = &found
	}
	v, err := conv.value(root, 0)
	if err != nil {
		return naming(root), err
	}
	doc, ok := v.(map[string]any)
	if !ok {
		return nil, fail(nil, "the document is not an object")
	}
	if len(root.Content) > 0 {
		d.Line = d.text.at(root.Content[0]).line
	}
	p.orders = orders{}
	return doc, p.include(found)
}
