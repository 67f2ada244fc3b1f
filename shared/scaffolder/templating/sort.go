package templating

import (
	"slices"
	"sort"
)

// JavaScript engines sort stably, and undefined elements to the end. What order comes out of a
// comparison that contradicts itself (text against numbers, for instance) depends on which
// elements are compared with which, so short lists are sorted in the very steps of V8, which is
// what Backstage runs on: a run that is there already, then insertion by binary search.

// insertionSorted is up to what length V8 sorts that way.
const insertionSorted = 64

// keyed is an element with what it is compared by.
type keyed struct{ key, value any }

// sorted gives the elements in the order of their keys, undefined ones last. A list of one is
// not compared at all, so its key is not asked for.
func (r *run) sorted(at int, items []any, key func(any) any, compare func(a, b any) int) *array {
	r.budget.elements(at, 4*len(items))
	list := make([]keyed, 0, len(items))
	for _, v := range items {
		if !isUndefined(v) {
			list = append(list, keyed{value: v})
		}
	}
	if len(list) > 1 {
		for i := range list {
			list[i].key = key(list[i].value)
		}
		sortKeyed(list, func(a, b keyed) int {
			r.budget.spend(at, 2)
			return compare(a.key, b.key)
		})
	}
	out := make([]any, len(items))
	for i := range out {
		out[i] = Undefined{}
		if i < len(list) {
			out[i] = list[i].value
		}
	}
	return &array{out}
}

// byComparing sorts with the functions of package sort, which are in every program already; one of
// package slices would be made for this type alone.
type byComparing struct {
	list    []keyed
	compare func(a, b keyed) int
}

func (s byComparing) Len() int           { return len(s.list) }
func (s byComparing) Less(i, j int) bool { return s.compare(s.list[i], s.list[j]) < 0 }
func (s byComparing) Swap(i, j int)      { s.list[i], s.list[j] = s.list[j], s.list[i] }

func sortKeyed(list []keyed, compare func(a, b keyed) int) {
	if len(list) >= insertionSorted {
		sort.Stable(byComparing{list, compare})
		return
	}
	for i := ascending(list, compare); i < len(list); i++ {
		low, high, x := 0, i, list[i]
		for low < high {
			middle := low + (high-low)/2
			if compare(x, list[middle]) < 0 {
				high = middle
			} else {
				low = middle + 1
			}
		}
		copy(list[low+1:i+1], list[low:i])
		list[low] = x
	}
}

// ascending gives the length of the run that a list begins with; one that goes down is turned
// round.
func ascending(list []keyed, compare func(a, b keyed) int) int {
	n, down := 2, compare(list[1], list[0]) < 0
	for n < len(list) && compare(list[n], list[n-1]) < 0 == down {
		n++
	}
	if down {
		slices.Reverse(list[:n])
	}
	return n
}
