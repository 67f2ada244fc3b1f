package textgzip

import (
	"bytes"
	"compress/flate"
	"container/heap"
	"flag"
	"fmt"
	"go/format"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/catalog/catalogtest/crowd"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

var update = flag.Bool("update", false, "train the codes anew and write them into tables.go")

// answers are single entities, lists of them, and counts, as the catalog sends them.
func answers(t testing.TB) (out [][]byte) {
	t.Helper()
	list, owners := []byte(`{"items":[`), map[string]int{}
	for e := range crowd.Entities(3000, 7) {
		body, err := entity.Canonical(e)
		if err != nil {
			t.Fatal(err)
		}
		owner, _ := e.Spec["owner"].(string)
		if owners[owner]++; len(out)%10 == 0 {
			out = append(out, body)
		}
		if list = append(append(list, body...), ','); len(list) > 60<<10 {
			out = append(out, append(list[:len(list)-1], `],"totalItems":3000}`...))
			list = []byte(`{"items":[`)
		}
	}
	counts := []byte(`{"facets":{"relations.ownedBy":[`)
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		counts = fmt.Appendf(counts, `{"value":%q,"count":%d},`, "group:default/"+owner, owners[owner])
	}
	for range len(out) / 4 {
		out = append(out, append(counts[:len(counts)-1], "]}}"...))
	}
	return out
}

// TestTables: every symbol has a code, none is too long, and the codes leave no gap.
func TestTables(t *testing.T) {
	if *update {
		train(t)
		t.Skip("the tables have been written; test again")
	}
	for name, c := range map[string]struct {
		sizes      string
		many, most int
	}{"text": {textSizes, 286, 15}, "literals": {textSizes[:256], 256, maxCode}, "distances": {distanceSizes, 30, 15}} {
		sum := 0
		for _, s := range []byte(c.sizes) {
			if digit(s) < 1 || digit(s) > c.most {
				t.Errorf("%s: a code of %d bits", name, digit(s))
			}
			sum += 1 << (15 - digit(s))
		}
		if len(c.sizes) != c.many || name != "literals" && sum != 1<<15 {
			t.Errorf("%s: %d symbols, the codes fill %d of %d", name, len(c.sizes), sum, 1<<15)
		}
	}
	for symbol, c := range lengthCodes {
		if c.size() > 20 {
			t.Errorf("length %d takes %d bits", symbol+minLength, c.size())
		}
	}
	var header bytes.Buffer
	w := &Writer{}
	w.Reset(&header)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(flate.NewReader(bytes.NewReader(header.Bytes()[len(gzipHeader):]))); err != nil || len(got) > 0 {
		t.Errorf("an empty block is %q, %v", got, err)
	}
}

// train counts what is written with the codes as they are, and makes codes of it. The first
// time needs any codes at all; twice is enough.
func train(t *testing.T) {
	t.Helper()
	var text [286]float64
	var distance [30]float64
	for _, a := range answers(t) {
		var c census
		c.count(a)
		for i, n := range c.text {
			text[i] += float64(n) / float64(len(a))
		}
		for i, n := range c.distance {
			distance[i] += float64(n) / float64(len(a))
		}
	}
	// Any letter may be usual elsewhere.
	total := 0.0
	for _, weight := range text {
		total += weight
	}
	for c := ' '; c <= '~'; c++ {
		text[c] = max(text[c], total/700)
	}
	textSizes, distanceSizes := sizes(text[:], maxCode), sizes(distance[:], maxCode)
	header, n := headerOf(textSizes, distanceSizes)
	source, err := os.ReadFile("tables.go")
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"textSizes": fmt.Sprintf("%q", textSizes), "distanceSizes": fmt.Sprintf("%q", distanceSizes),
		"blockHeader": hexed(header), "blockHeaderBits": fmt.Sprint(n),
	} {
		source = regexp.MustCompile(`(?m)^(\t`+name+`\s*=) .*$`).ReplaceAll(source, []byte("$1 "+strings.ReplaceAll(value, "$", "$$")))
	}
	if source, err = format.Source(source); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("tables.go", source, 0o600); err != nil {
		t.Fatal(err)
	}
}

func hexed(s []byte) string {
	var b strings.Builder
	for _, c := range s {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return `"` + b.String() + `"`
}

// census counts the symbols that a text is written with.
type census struct {
	text     [286]int
	distance [30]int
}

func (c *census) count(text []byte) {
	r := &bitReader{in: packed(text), at: 8*len(gzipHeader) + blockHeaderBits}
	texts, distances := bySize(codes(textSizes)), bySize(codes(distanceSizes))
	for symbol := 0; symbol != endOfBlock; {
		symbol = r.symbol(texts)
		c.text[symbol]++
		if symbol <= endOfBlock {
			continue
		}
		for length := range uint32(maxLength - minLength + 1) {
			if s, extra := lengthSymbol(length); int(s) == symbol {
				r.at += int(extra)
				break
			}
		}
		symbol := r.symbol(distances)
		c.distance[symbol]++
		r.at += max(0, symbol/2-1)
	}
}

func packed(text []byte) []byte {
	var out bytes.Buffer
	w := &Writer{}
	w.Reset(&out)
	_, _ = w.Write(text)
	_ = w.Close()
	return out.Bytes()
}

// bitReader reads codes bit by bit.
type bitReader struct {
	in []byte
	at int
}

func bySize(all []code) map[code]int {
	out := map[code]int{}
	for symbol, c := range all {
		out[c] = symbol
	}
	return out
}

func (r *bitReader) symbol(of map[code]int) int {
	c := code(0)
	for size := range 16 {
		if symbol, found := of[c|code(size)<<24]; found {
			return symbol
		}
		c |= code(r.in[r.at/8]>>(r.at%8)&1) << size
		r.at++
	}
	panic("no code")
}

// node is a part of the tree of codes.
type node struct {
	weight  float64
	symbols []int
}

type forest []node

func (f forest) Len() int           { return len(f) }
func (f forest) Less(i, j int) bool { return f[i].weight < f[j].weight }
func (f forest) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *forest) Push(x any)        { *f = append(*f, x.(node)) }
func (f *forest) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

// sizes gives Huffman's code lengths, as hexadecimal digits. Rare symbols are made less rare
// until no code is too long.
func sizes(weights []float64, most int) string {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	for least := total / 4096; ; least *= 1.1 {
		var f forest
		for i, w := range weights {
			heap.Push(&f, node{max(w, least), []int{i}})
		}
		size := make([]int, len(weights))
		for f.Len() > 1 {
			a, b := heap.Pop(&f).(node), heap.Pop(&f).(node)
			joined := node{a.weight + b.weight, append(a.symbols, b.symbols...)}
			for _, s := range joined.symbols {
				size[s]++
			}
			heap.Push(&f, joined)
		}
		out, longest := "", 0
		for _, s := range size {
			out, longest = out+fmt.Sprintf("%x", s&15), max(longest, s)
		}
		if longest <= most {
			return out
		}
	}
}

// headerOf writes the header of a last block (RFC 1951 §3.2.7). The sizes of sizes are all four
// bits: there are sixteen of them, and repetitions are of the one before.
func headerOf(text, distance string) (out []byte, n int) {
	put := func(v, size int) {
		for i := range size {
			if n%8 == 0 {
				out = append(out, 0)
			}
			out[n/8] |= byte(v>>i&1) << (n % 8)
			n++
		}
	}
	put(1|2<<1, 3)
	put(len(text)-257, 5)
	put(len(distance)-1, 5)
	steps := repeated(text + distance)
	var weights [19]float64
	for _, s := range steps {
		weights[s.symbol]++
	}
	own := sizesOfUsed(weights[:])
	put(19-4, 4)
	for _, symbol := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15} {
		put(digit(own[symbol]), 3)
	}
	c := codes(own)
	for _, s := range steps {
		put(int(c[s.symbol].bits()), int(c[s.symbol].size()))
		put(s.more, s.bits)
	}
	return out, n
}

// sizesOfUsed is sizes of the symbols that occur.
func sizesOfUsed(weights []float64) string {
	var used []float64
	for _, w := range weights {
		if w > 0 {
			used = append(used, w)
		}
	}
	short, out := sizes(used, 7), ""
	for _, w := range weights {
		if w == 0 {
			out += "0"
			continue
		}
		out, short = out+short[:1], short[1:]
	}
	return out
}

type step struct{ symbol, more, bits int }

// repeated puts repetitions of three to six equal sizes into one symbol.
func repeated(all string) (out []step) {
	for len(all) > 0 {
		out = append(out, step{symbol: digit(all[0])})
		run := len(all) - len(strings.TrimLeft(all, all[:1])) - 1
		all = all[1:]
		for ; run >= 3; run -= min(run, 6) {
			out = append(out, step{16, min(run, 6) - 3, 2})
			all = all[min(run, 6):]
		}
	}
	return out
}
