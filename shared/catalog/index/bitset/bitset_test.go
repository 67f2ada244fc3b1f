package bitset_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/catalog/index/bitset"
)

// numbers draws a set of n numbers as a map and as bits.
func numbers(t *rapid.T, n int, label string) (map[int]bool, bitset.Set) {
	m, s := map[int]bool{}, bitset.New(n)
	for _, i := range rapid.SliceOf(rapid.IntRange(0, n-1)).Draw(t, label) {
		m[i] = true
		s.Add(uint32(i))
	}
	return m, s
}

func members(s bitset.Set) []int {
	out := []int{}
	for i := s.Next(0); i >= 0; i = s.Next(i + 1) {
		out = append(out, i)
	}
	return out
}

func TestOperations(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 700).Draw(t, "n")
		a, sa := numbers(t, n, "a")
		b, sb := numbers(t, n, "b")
		stored := sb.Append(nil)
		for name, op := range map[string]struct {
			do   func(s bitset.Set)
			want func(i int) bool
		}{
			"and":       {func(s bitset.Set) { s.And(sb) }, func(i int) bool { return a[i] && b[i] }},
			"and bytes": {func(s bitset.Set) { s.AndBytes(stored) }, func(i int) bool { return a[i] && b[i] }},
			"or":        {func(s bitset.Set) { s.Or(sb) }, func(i int) bool { return a[i] || b[i] }},
			"or bytes":  {func(s bitset.Set) { s.OrBytes(stored) }, func(i int) bool { return a[i] || b[i] }},
			"and not":   {func(s bitset.Set) { s.AndNot(sb) }, func(i int) bool { return a[i] && !b[i] }},
			"flip":      {func(s bitset.Set) { s.Flip(n) }, func(i int) bool { return !a[i] }},
			"fill":      {func(s bitset.Set) { s.Fill(n) }, func(int) bool { return true }},
			"clear":     {func(s bitset.Set) { s.Clear() }, func(int) bool { return false }},
			"cut":       {func(s bitset.Set) { s.Cut(n / 2) }, func(i int) bool { return a[i] && i < n/2 }},
			"remove":    {func(s bitset.Set) { s.Remove(uint32(n / 2)) }, func(i int) bool { return a[i] && i != n/2 }},
			"read":      {func(s bitset.Set) { copy(s, bitset.Read(stored, n)) }, func(i int) bool { return b[i] }},
		} {
			s := slices.Clone(sa)
			op.do(s)
			want := []int{}
			for i := range n {
				if op.want(i) {
					want = append(want, i)
				}
				if s.Has(uint32(i)) != op.want(i) {
					t.Fatalf("%s: %d", name, i)
				}
			}
			if diff := cmp.Diff(want, members(s)); diff != "" || s.Count() != len(want) {
				t.Fatalf("%s: count %d, %s", name, s.Count(), diff)
			}
			backwards := []int{}
			for i := s.Previous(n + 100); i >= 0; i = s.Previous(i - 1) {
				backwards = append(backwards, i)
			}
			slices.Reverse(backwards)
			if diff := cmp.Diff(want, backwards); diff != "" {
				t.Fatalf("%s backwards: %s", name, diff)
			}
		}
		both := slices.Clone(sa)
		both.And(sb)
		if got := sa.CountBytes(stored); got != both.Count() {
			t.Fatalf("%d in both, want %d", got, both.Count())
		}
	})
}

// Bytes that are cut short are a shorter set, and numbers beyond a set are not in it.
func TestShortBytes(t *testing.T) {
	t.Parallel()
	s := bitset.New(200)
	s.Fill(200)
	short := s.Append(nil)[:13]
	if n := s.CountBytes(short); n != 64 {
		t.Fatalf("%d in common", n)
	}
	s.AndBytes(short)
	s.Add(5000)
	s.Remove(5000)
	if s.Count() != 64 || s.Has(5000) || bitset.Read(short, 200).Count() != 64 {
		t.Fatalf("%d left", s.Count())
	}
}
