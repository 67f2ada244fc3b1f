package segment_test

import (
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
)

// TestRefsAreFound: by searching at first, by a table later, by many at once in between.
func TestRefsAreFound(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 500} {
		s, err := segment.Open(segmentOf(t, n), segment.Columns{Most: 1})
		if err != nil {
			t.Fatal(err)
		}
		refs := make([]string, s.Docs())
		for doc := range refs {
			refs[doc] = s.Ref(uint32(doc))
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for doc, ref := range refs {
					if got, found := s.FindRef(ref); !found || got != uint32(doc) {
						t.Errorf("of %d: %s is %d (%v) instead of %d", n, ref, got, found, doc)
					}
					for _, other := range []string{ref + "x", ref[:len(ref)-1] + "\x00", ref[1:], ""} {
						if got, found := s.FindRef(other); found {
							t.Errorf("of %d: %q is document %d", n, other, got)
						}
					}
				}
			})
		}
		wg.Wait()
	}
}

// BenchmarkFindRef is one ref of many, each another one.
func BenchmarkFindRef(b *testing.B) {
	s, err := segment.Open(segmentOf(b, 10_000), segment.Columns{Most: 1})
	if err != nil {
		b.Fatal(err)
	}
	refs := make([]string, s.Docs())
	for doc := range refs {
		refs[doc] = s.Ref(uint32(doc))
	}
	for i := 0; b.Loop(); i++ {
		if _, found := s.FindRef(refs[i*7919%len(refs)]); !found {
			b.Fatal(refs[i*7919%len(refs)])
		}
	}
}
