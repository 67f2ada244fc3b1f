package descriptor

import (
	"iter"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// Order is the order in which the keys of a value and of all within it stand in a file. The
// zero Order knows no keys. It holds on to the whole document.
type Order struct{ node *yaml.Node }

// OrderOf finds the document of a file that an entity is read from. Placeholders stay as
// they are. false when no document that can be decoded is about the entity.
func OrderOf(data []byte, ref entity.Ref) (Order, bool) {
	chunks, err := documentsOf(data)
	if err != nil {
		return Order{}, false
	}
	var p parser
	for _, c := range chunks {
		d := Document{text: c}
		if doc, err := p.load(&d); err == nil && entity.LooseRef(doc) == ref.String() {
			return Order{d.root.Content[0]}, true
		}
	}
	return Order{}, false
}

// Members gives the keys of an object, each with the order within its value; none when the
// file has no object there.
func (o Order) Members() iter.Seq2[string, Order] {
	return func(yield func(string, Order) bool) {
		n := o.within(yaml.MappingNode)
		for i := 0; i+1 < len(n); i += 2 {
			if !yield(resolved(n[i]).Value, Order{n[i+1]}) {
				return
			}
		}
	}
}

// Item gives the order within an item of a list.
func (o Order) Item(i int) Order {
	if n := o.within(yaml.SequenceNode); 0 <= i && i < len(n) {
		return Order{n[i]}
	}
	return Order{}
}

func (o Order) within(kind yaml.Kind) []*yaml.Node {
	if o.node == nil {
		return nil
	}
	if n := resolved(o.node); n.Kind == kind {
		return n.Content
	}
	return nil
}
