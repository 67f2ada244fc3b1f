package entity_test

import (
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"component:default/orders", "orders", "default/orders", "a:b/c/d", "::", "Component:Orders", "a:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := entity.ParseRef(s, entity.Ref{Kind: "Group", Namespace: "team"})
		if err != nil {
			return
		}
		again, err := entity.ParseFullRef(ref.String())
		if err != nil || again.String() != ref.String() || ref.String() != strings.ToLower(ref.String()) {
			t.Fatalf("%q → %s → %s, %v", s, ref, again, err)
		}
	})
}
