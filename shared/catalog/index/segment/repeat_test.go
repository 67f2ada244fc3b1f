package segment_test

import (
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog/catalogtest/crowd"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
)

// TestBodiesThatRepeatThemselves: what is compressed to next to nothing is no damage.
func TestBodiesThatRepeatThemselves(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 200} { // without a dictionary and with one
		all := slices.Collect(crowd.Entities(n, 1))
		dull := entity.Entity{APIVersion: "backstage.io/v1alpha1", Kind: "Component", Metadata: map[string]any{
			"name": "dull", "uid": "8f1d0a34-2f4e-4a39-9a51-d4a7a6a0c9b1", "description": strings.Repeat("x", 290<<10)}}
		all[0] = dull
		x, err := index.Build(index.Config{}, iter.Seq[index.Record](func(yield func(index.Record) bool) {
			for _, e := range all {
				if !yield(index.Record{Entity: e, ETag: e.UID()}) {
					return
				}
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		d, found := x.ByRef(dull.Ref().String())
		if e, err := d.Entity(); err != nil || !found || e.Metadata["description"] != dull.Metadata["description"] {
			t.Errorf("of %d: %v, %v", n, found, err)
		}
	}
}
