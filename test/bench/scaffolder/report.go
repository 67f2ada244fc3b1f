package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/test/bench/machine"
)

// figure is one thing that was measured.
type figure struct {
	name  string
	unit  string
	got   float64
	limit float64 // 0 for none
	least bool    // the limit is a minimum
}

// kept reports whether the limit is, if there is one.
func (f figure) kept(tolerance float64) bool {
	switch {
	case f.limit == 0:
		return true
	case f.least:
		return f.got >= f.limit/tolerance
	}
	return f.got <= f.limit*tolerance
}

// report is everything that was found.
type report struct {
	settings settings
	figures  []figure
}

// write prints the report in Markdown and gives the number of limits that were missed.
func (r report) write(out io.Writer) (missed int) {
	fmt.Fprintln(out, machine.Describe())
	if t := r.settings.tolerance; t != 1 {
		fmt.Fprintf(out, "\n**Limits are loosened by the factor %g.**\n", t)
	}
	fmt.Fprint(out, "\n| what | limit | measured | |\n|---|---|---|---|\n")
	for _, f := range r.figures {
		limit, verdict := "", ""
		if f.limit > 0 {
			limit, verdict = map[bool]string{true: "≥ ", false: "≤ "}[f.least]+number(f.limit, f.unit), "kept"
		}
		if !f.kept(r.settings.tolerance) {
			missed++
			verdict = "**missed**"
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", f.name, limit, number(f.got, f.unit), verdict)
	}
	fmt.Fprintf(out, "\n%d limits missed.\n", missed)
	return missed
}

func number(v float64, unit string) string {
	digits := 0
	if v < 100 {
		digits = 1
	}
	return strings.TrimSuffix(fmt.Sprintf("%.*f", digits, v), ".0") + " " + unit
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func slowest(all []time.Duration) time.Duration { return slices.Max(all) }
