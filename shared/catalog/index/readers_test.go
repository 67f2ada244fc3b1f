package index_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog/index"
)

// Readers share what the first of them builds, and push it out of memory for each other.
func TestManyReaders(t *testing.T) {
	t.Parallel()
	x, err := index.Build(index.Config{Columns: 1}, records(300))
	if err != nil {
		t.Fatal(err)
	}
	changed := records(20)
	for r := range changed {
		if err := x.Apply([]index.Record{r}, nil); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(field string) []string {
		page := x.Query(index.Query{Order: &index.Order{Field: field}, Limit: 30, Text: index.TextFilter{Term: "service a", Fields: []string{field, "metadata.title"}}})
		x.Facets(equals("kind", "component"), []string{field})
		all := x.Query(index.Query{Order: &index.Order{Field: field}, Limit: 30})
		return append(texts(page.Items), texts(all.Items)...)
	}
	want := map[string][]string{}
	for _, field := range crowdKeys {
		want[field] = ask(field)
	}
	var all sync.WaitGroup
	for reader := range 4 {
		all.Go(func() {
			for i := range crowdKeys {
				field := crowdKeys[(i*(reader+1)+reader)%len(crowdKeys)]
				if diff := cmp.Diff(want[field], ask(field)); diff != "" {
					t.Errorf("by %s: %s", field, diff)
				}
			}
		})
	}
	all.Wait()
}
