package index_test

import (
	"fmt"
	"iter"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/catalogtest/crowd"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
)

// records gives a crowd as it is stored.
func records(n int) iter.Seq[index.Record] {
	return func(yield func(index.Record) bool) {
		for e := range crowd.Entities(n, 1) {
			etag, err := entity.Digest(e)
			if err != nil {
				panic(err)
			}
			if !yield(index.Record{Entity: e, ETag: etag}) {
				return
			}
		}
	}
}

// built keeps one index of each size for all benchmarks; nothing changes them.
var built sync.Map // int → func() *index.Index

func crowdIndex(n int) *index.Index {
	once, _ := built.LoadOrStore(n, sync.OnceValue(func() *index.Index {
		x, err := index.Build(index.Config{}, records(n))
		if err != nil {
			panic(err)
		}
		return x
	}))
	return once.(func() *index.Index)()
}

// cpuTime gives the CPU time of the process, which other processes don't disturb.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// measure runs f and reports the CPU time of each run, garbage collection and all.
func measure(b *testing.B, f func(i int)) {
	begin, n := cpuTime(), 0
	for b.Loop() {
		f(n)
		n++
	}
	b.ReportMetric(float64((cpuTime()-begin).Nanoseconds())/1e3/float64(n), "cpu-µs/op")
}

// atSizes runs a benchmark on catalogs of several sizes.
func atSizes(b *testing.B, f func(b *testing.B, x *index.Index)) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if testing.Short() && n > 10_000 {
				b.Skip("takes a while to build")
			}
			x := crowdIndex(n)
			f(b, x)
		})
	}
}

func equals(key string, values ...string) predicate.Node {
	return predicate.Equals{Key: key, Values: values}
}

func read(b *testing.B, docs []index.Document) {
	for _, d := range docs {
		if d.Found() && whole(d) == "" {
			b.Fatal("no body")
		}
	}
}

func BenchmarkByRef(b *testing.B) {
	atSizes(b, func(b *testing.B, x *index.Index) {
		refs := someRefs(x, 1000)
		measure(b, func(i int) {
			d, ok := x.ByRef(refs[i%len(refs)])
			if !ok || whole(d) == "" {
				b.Fatal("not found")
			}
		})
	})
}

// someRefs gives n refs from all over the catalog.
func someRefs(x *index.Index, n int) []string {
	all := x.Query(index.Query{Limit: -1}).Items
	refs := make([]string, 0, n)
	for i := range n {
		refs = append(refs, all[i*7919%len(all)].Ref())
	}
	return refs
}

func BenchmarkPage(b *testing.B) {
	q := index.Query{Where: predicate.All{equals("kind", "component"), equals("spec.type", "service")}, Order: &index.Order{Field: "metadata.name"}, Limit: 20}
	for name, change := range map[string]func(q *index.Query){
		"first":      func(*index.Query) {},
		"cursor":     func(q *index.Query) { q.After = &index.Place{Value: "metering", UID: "7"} },
		"descending": func(q *index.Query) { q.Order = &index.Order{Field: "spec.lifecycle", Descending: true} },
		"rare":       func(q *index.Query) { q.Where = equals("metadata.labels.cost-center", "cc-1001") },
		"clustered":  func(q *index.Query) { q.Where = equals("kind", "user"); q.Order = &index.Order{Field: "kind"} },
	} {
		b.Run(name, func(b *testing.B) {
			atSizes(b, func(b *testing.B, x *index.Index) {
				q := q
				change(&q)
				measure(b, func(int) {
					page := x.Query(q)
					if page.Total == 0 {
						b.Fatal("nothing found")
					}
					read(b, page.Items)
				})
			})
		})
	}
}

func BenchmarkFacets(b *testing.B) {
	atSizes(b, func(b *testing.B, x *index.Index) {
		measure(b, func(int) {
			if f := x.Facets(equals("kind", "component"), []string{"spec.type", "spec.lifecycle", "metadata.tags"}); len(f["metadata.tags"]) == 0 {
				b.Fatal("nothing found")
			}
		})
	})
}

func BenchmarkText(b *testing.B) {
	fields := []string{"metadata.name", "metadata.title", "metadata.description", "metadata.tags"}
	for name, term := range map[string]string{"common": "service", "rare": "team-basket-4", "short": "pa", "words": "basket cache", "nothing": "qqzzy"} {
		b.Run(name, func(b *testing.B) {
			atSizes(b, func(b *testing.B, x *index.Index) {
				q := index.Query{Text: index.TextFilter{Term: term, Fields: fields}, Order: &index.Order{Field: "metadata.name"}, Limit: 20}
				measure(b, func(int) {
					page := x.Query(q)
					if (page.Total == 0) != (name == "nothing") {
						b.Fatal(page.Total)
					}
					read(b, page.Items)
				})
				b.ReportMetric(float64(x.Query(q).Total), "hits")
			})
		})
	}
}

func BenchmarkByRefs50(b *testing.B) {
	atSizes(b, func(b *testing.B, x *index.Index) {
		refs := someRefs(x, 1000)
		measure(b, func(i int) {
			docs := x.ByRefs(refs[i%20*50:][:50], nil)
			read(b, docs)
		})
	})
}

func BenchmarkOpen(b *testing.B) {
	atSizes(b, func(b *testing.B, x *index.Index) {
		data := []index.SegmentData{{Bytes: x.Segments()[0].Bytes()}}
		measure(b, func(int) {
			if _, err := index.Open(index.Config{}, data); err != nil {
				b.Fatal(err)
			}
		})
		b.ReportMetric(float64(len(data[0].Bytes))/float64(x.Len()), "B/entity")
	})
}

// BenchmarkFirstOrder is what the first query by an order costs once.
func BenchmarkFirstOrder(b *testing.B) {
	atSizes(b, func(b *testing.B, x *index.Index) {
		data := []index.SegmentData{{Bytes: x.Segments()[0].Bytes()}}
		measure(b, func(int) {
			again, err := index.Open(index.Config{}, data)
			if err != nil {
				b.Fatal(err)
			}
			again.Query(index.Query{Order: &index.Order{Field: "metadata.name"}, Limit: 1})
		})
	})
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var all []index.Record
			for r := range records(n) {
				all = append(all, r)
			}
			measure(b, func(int) {
				if _, err := index.Build(index.Config{}, func(yield func(index.Record) bool) {
					for _, r := range all {
						if !yield(r) {
							return
						}
					}
				}); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// BenchmarkIngest applies a whole crowd in batches, with a query after each.
func BenchmarkIngest(b *testing.B) {
	for _, size := range []int{1, 20, 200} {
		b.Run(fmt.Sprintf("10000 by %d", size), func(b *testing.B) {
			var all []index.Record
			for r := range records(10_000) {
				all = append(all, r)
			}
			measure(b, func(int) {
				x, err := index.New(index.Config{})
				if err != nil {
					b.Fatal(err)
				}
				for i := 0; i < len(all); i += size {
					if err := x.Apply(all[i:min(len(all), i+size)], nil); err != nil {
						b.Fatal(err)
					}
					x.Query(index.Query{Where: equals("kind", "component"), Order: &index.Order{Field: "metadata.name"}, Limit: 20})
				}
				b.ReportMetric(float64(len(x.Segments())), "segments")
			})
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/10_000, "µs/entity")
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	x := crowdIndex(10_000)
	data := []index.SegmentData{{Bytes: x.Segments()[0].Bytes()}}
	var change []index.Record
	for r := range records(600) {
		change = append(change, r)
	}
	measure(b, func(int) {
		b.StopTimer()
		again, err := index.Open(index.Config{}, data)
		if err != nil {
			b.Fatal(err)
		}
		if err := again.Apply(change, nil); err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		b.StartTimer()
		if err := again.Compact(); err != nil {
			b.Fatal(err)
		}
	})
}
