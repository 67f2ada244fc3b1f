package segment_test

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog/catalogtest/crowd"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/index/segment"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func records(n int) iter.Seq[index.Record] {
	return func(yield func(index.Record) bool) {
		for e := range crowd.Entities(n, 1) {
			if !yield(index.Record{Entity: e, ETag: e.UID()}) {
				return
			}
		}
	}
}

// segmentOf gives the bytes of an index of a crowd.
func segmentOf(t testing.TB, n int) []byte {
	t.Helper()
	x, err := index.Build(index.Config{}, records(n))
	if err != nil {
		t.Fatal(err)
	}
	return x.Segments()[0].Bytes()
}

func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	whole := segmentOf(t, 100)
	open := func(b []byte) error {
		_, err := index.Open(index.Config{}, []index.SegmentData{{Bytes: b}})
		return err
	}
	if err := open(whole); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += 1 + at/97 {
		b := slices.Clone(whole)
		b[at] ^= 0x10
		if err := open(b); !errors.Is(err, errs.Internal) {
			t.Fatalf("a flipped bit at %d: %v", at, err)
		}
	}
	for n := 0; n < len(whole); n += 1 + n/7 {
		if err := open(whole[:n]); !errors.Is(err, errs.Internal) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	if _, err := index.Open(index.Config{}, []index.SegmentData{{Bytes: whole, Deleted: []byte{1}}}); !errors.Is(err, errs.Internal) {
		t.Fatalf("a bitmap too short: %v", err)
	}
}

// exercise asks all that reads bytes.
func exercise(x *index.Index) {
	order := &index.Order{Field: "metadata.name"}
	place := &index.Place{Value: "m", UID: "0199"}
	for _, q := range []index.Query{
		{Limit: -1}, {Order: order, Limit: -1}, {Order: &index.Order{Field: "metadata.tags", Descending: true}, Limit: 5, Offset: 3},
		{Order: order, After: place, Limit: 3}, {Order: order, Before: place, Limit: 3}, {After: place, Limit: 2},
		{Where: predicate.All{predicate.Equals{Key: "kind", Values: []string{"component", "api"}}, predicate.Not{Node: predicate.HasPrefix{Key: "metadata.name", Prefix: "a"}}}, Limit: 2},
		{Text: index.TextFilter{Term: "service", Fields: []string{"metadata.description"}}, Limit: 1},
		{Text: index.TextFilter{Term: "e", Fields: []string{"metadata.title"}}, Limit: 1},
		{Text: index.TextFilter{Term: "account adapter 0", Fields: []string{"metadata.title", "spec.type", "spec.owner"}}, Limit: 1},
		{Text: index.TextFilter{Term: "a_c%t-", Fields: []string{"metadata.name"}}, Limit: 1},
	} {
		for i, d := range x.Query(q).Items {
			_, _, _ = d.Ref(), d.UID(), d.ETag()
			if i%8 == 0 {
				_, _ = d.Entity()
			}
		}
	}
	x.Facets(predicate.Exists{Key: "spec.type", Want: true}, []string{"spec.type", "metadata.tags", "metadata.name"})
	x.Facets(nil, []string{"metadata.title", "relations.ownedby"})
	x.List(index.List{Limit: 5})
	x.List(index.List{Limit: 5, Orders: []index.Order{{Field: "metadata.tags"}, {Field: "metadata.name", Descending: true}}})
	x.Naming("group:default/team-account-0")
	for range 4 { // by searching, and by a table
		x.ByRef("group:default/team-account-0")
	}
	x.ByUID("0199c82c-0000")
}

// FuzzDamage changes bytes and makes the checksums fit again: whatever a segment says, asking
// it ends, without a panic.
func FuzzDamage(f *testing.F) {
	whole := segmentOf(f, 66)
	for i := range 40 {
		f.Add(uint32(i*len(whole)/40), uint32(i)*0x9e3779b9, uint32(0))
	}
	f.Fuzz(func(t *testing.T, at, value, also uint32) {
		b := slices.Clone(whole)
		for i, v := range []byte{byte(value), byte(value >> 8), byte(value >> 16), byte(value >> 24)} {
			b[(int(at)+i)%len(b)] = v
		}
		b[int(also)%len(b)] ^= byte(at)
		segment.Reseal(b)
		x, err := index.Open(index.Config{}, []index.SegmentData{{Bytes: b}})
		if err != nil {
			if !errors.Is(err, errs.Internal) {
				t.Fatal(err)
			}
			return
		}
		exercise(x)
		// Changes and merges may fail on damage, with an error.
		_ = x.Apply(slices.Collect(records(3)), []string{"group:default/team-account-0"})
		_ = x.Compact()
		exercise(x)
	})
}
