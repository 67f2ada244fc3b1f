package ids_test

import (
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/ids"
)

var form = regexp.MustCompile(`^[0-9a-z-]{1,36}$`)

func TestIdsAreOrderedUniqueAndSafe(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]ids.Source{"random": ids.Random{}, "sequence": &ids.Sequence{Prefix: "op"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := make([]string, 5000)
			for i := range list {
				list[i] = source.New()
				if !form.MatchString(list[i]) {
					t.Fatalf("%q", list[i])
				}
			}
			if !slices.IsSorted(list) || len(slices.Compact(list)) != 5000 {
				t.Error("not in order, or twice the same")
			}
		})
	}
}

func TestIdsOfManyAtOnceDiffer(t *testing.T) {
	t.Parallel()
	source := &ids.Sequence{Prefix: "x"}
	var seen sync.Map
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if _, twice := seen.LoadOrStore(source.New(), true); twice {
					t.Error("given twice")
				}
			}
		})
	}
	wg.Wait()
}
