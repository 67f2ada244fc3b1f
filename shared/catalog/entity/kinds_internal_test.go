package entity

import (
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The built-in kinds obey what is asked of a platform's own.
func TestBuiltinKindsAreWellDeclared(t *testing.T) {
	t.Parallel()
	all, err := newKinds(nil).With(builtin)
	if err != nil {
		t.Fatal(errs.Explain(err))
	}
	if len(all.Names()) != len(builtin) {
		t.Errorf("%d kinds of %d declarations", len(all.Names()), len(builtin))
	}
	if _, err := Builtin().With(builtin[:1]); err == nil {
		t.Error("a built-in kind can be declared anew")
	}
}

// Whatever relation an entity makes, its reverse is on the other entity.
func TestEveryRelationHasItsReverse(t *testing.T) {
	t.Parallel()
	for _, kind := range builtin {
		spec := map[string]any{}
		for _, r := range kind.Relations {
			spec[r.Field] = "awsenvironmentprovider:other/x"
		}
		e := Entity{Kind: kind.Name, Metadata: map[string]any{"name": "self"}, Spec: spec}
		edges := Builtin().Edges(e)
		if len(edges) != 2*len(kind.Relations) {
			t.Errorf("%s: %d edges of %d relations", kind.Name, len(edges), len(kind.Relations))
		}
		for i := 0; i+1 < len(edges); i += 2 {
			there, back := edges[i], edges[i+1]
			if there.On != e.Ref().String() || there.TargetRef != "awsenvironmentprovider:other/x" || back.On != there.TargetRef || back.TargetRef != there.On || back.Type == there.Type {
				t.Errorf("%s: %+v and %+v", kind.Name, there, back)
			}
		}
	}
}
