package descriptor

import (
	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// orders are the orders of the keys of what placeholders have brought in, by the nodes that
// it stands for.
type orders map[*yaml.Node]*keyorder.Order

// of gives the order of the keys of what a node was converted to. It walks no further than
// the conversion did.
func (known orders) of(n *yaml.Node) *keyorder.Order {
	if order, broughtIn := known[n]; broughtIn {
		return order
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return known.of(n.Content[0])
	case yaml.AliasNode:
		return known.of(n.Alias)
	case yaml.MappingNode:
		var b keyorder.ObjectBuilder
		for i := 0; i+1 < len(n.Content); i += 2 {
			b.Add(resolved(n.Content[i]).Value, known.of(n.Content[i+1]), false)
		}
		return b.Order()
	case yaml.SequenceNode:
		items := make([]*keyorder.Order, len(n.Content))
		for i, item := range n.Content {
			items[i] = known.of(item)
		}
		return keyorder.OfList(items)
	}
	return nil
}
