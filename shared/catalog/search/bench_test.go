package search

import (
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipwayhq/slipway/shared/catalog/catalogtest/crowd"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// benchSize is the number of entities of a benchmark; SEARCH_ENTITIES sets another.
func benchSize(b *testing.B) int {
	b.Helper()
	if s := os.Getenv("SEARCH_ENTITIES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 10_000
}

func entryOf(tb testing.TB, r *reader, e entity.Entity) entry {
	tb.Helper()
	body, err := entity.Canonical(e)
	if err != nil {
		tb.Fatal(err)
	}
	sum := sha256.Sum256([]byte(e.Ref().String()))
	uid := uuid.UUID(sum[:16]).String()
	got, err := r.entry(e.Ref().String(), uid, body)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

func crowded(tb testing.TB, n int) *documents {
	tb.Helper()
	x, err := newIndex()
	if err != nil {
		tb.Fatal(err)
	}
	for e := range crowd.Entities(n, 7) {
		x.put(e.Ref().String(), entryOf(tb, x.reader, e))
	}
	x.settle()
	return x
}

// cpu gives the time that this process has used of the processors: on a machine that others
// use as well the clock tells little.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkSearch(b *testing.B) {
	n := benchSize(b)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := crowded(b, n)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.Logf("%d documents, %d terms, %.1f MB", n, len(x.terms.text), float64(after.HeapAlloc-before.HeapAlloc)/1e6)
	component := []Filter{{Field: "kind", Values: []string{"Component"}}}
	for name, q := range map[string]Query{
		"everything":      {},
		"kind":            {Filters: component},
		"common":          {Term: "service"},
		"commonFiltered":  {Term: "service", Filters: component},
		"inAll":           {Term: "catalog default"},
		"rare":            {Term: "breanna"},
		"typo":            {Term: "paymnet"},
		"letter":          {Term: "c"},
		"letters":         {Term: "a b c d e f g h i j k l m n o p q r s t u v w x y z"},
		"digits":          {Term: "00042"},
		"words":           {Term: "payment gateway for the checkout team"},
		"longest":         {Term: fmt.Sprintf("%0100d", 1)},
		"secondPage":      {Term: "service", Cursor: cursorOf(1)},
		"hundredthOfMany": {Term: "service", Cursor: cursorOf(100)},
	} {
		b.Run(name, func(b *testing.B) {
			var pool scratches
			total := 0
			b.ReportAllocs()
			start := cpu(b)
			for b.Loop() {
				total = x.search(q, Tags{"<x>", "</x>"}, &pool).Total
			}
			b.ReportMetric(float64(cpu(b)-start)/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(total), "found")
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	n := benchSize(b)
	type body struct {
		ref, uid string
		json     []byte
	}
	var all []body
	for e := range crowd.Entities(n, 7) {
		raw, err := entity.Canonical(e)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, body{e.Ref().String(), e.UID(), raw})
	}
	start := cpu(b)
	for b.Loop() {
		x, err := newIndex()
		if err != nil {
			b.Fatal(err)
		}
		for _, d := range all {
			e, err := x.reader.entry(d.ref, d.uid, d.json)
			if err != nil {
				b.Fatal(err)
			}
			x.put(d.ref, e)
		}
		x.settle()
	}
	b.ReportMetric(float64(cpu(b)-start)/float64(b.N), "cpu-ns/op")
}

func BenchmarkChange(b *testing.B) {
	x := crowded(b, benchSize(b))
	i := 0
	for b.Loop() {
		i++
		x.put("component:default/changing", parts{uid: "x", name: "changing", text: "version " + strconv.Itoa(i), typ: "service", namespace: "default", kind: "Component"}.pack())
		x.settle()
	}
}
