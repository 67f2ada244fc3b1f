package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// size is what was found at one number of entities.
type size struct {
	Entities int
	Filled   filled
	Results  []result
	Opens    []opened
}

// report is everything that was found.
type report struct {
	settings settings
	machine  string
	sizes    []size
	ingests  []ingested
	missed   int
}

// write prints the report in Markdown and gives the number of limits that were missed.
func (r *report) write(out io.Writer) int {
	fmt.Fprintf(out, "%s; data in %s; %d requests of each sort, up to %d times where a limit is missed\n",
		r.machine, r.settings.dir, r.settings.requests, attempts)
	if t := r.settings.tolerance; t != 1 {
		fmt.Fprintf(out, "\n**Limits on time are multiplied by %g.**\n", t)
	}
	for _, z := range r.sizes {
		r.requests(out, z)
	}
	r.growth(out)
	r.opens(out)
	r.ingesting(out)
	fmt.Fprintf(out, "\n%d limits missed.\n", r.missed)
	return r.missed
}

func (r *report) requests(out io.Writer, z size) {
	fmt.Fprintf(out, "\n### %s entities\n\n", thousands(z.Entities))
	fmt.Fprintf(out, "%d bytes of JSON each on average; filled in %.1f s, indexed and kept in %.1f s, snapshot of %.1f MB.\n\n",
		z.Filled.JSONBytes, z.Filled.Written, z.Filled.Indexed, float64(z.Filled.SnapshotBytes)/1e6)
	fmt.Fprintln(out, "| request | CPU ms | limit | | CPU with GC ms | wall ms | p99 ms | first ms | allocations | KB allocated | answer KB |")
	fmt.Fprintln(out, "|---|---|---|---|---|---|---|---|---|---|---|")
	for _, s := range z.Results {
		limit, verdict := "", ""
		if s.Limit > 0 {
			limit, verdict = fmt.Sprintf("%.2f", s.Limit), r.hold(s.CPUMs, s.Limit*r.settings.tolerance)
		}
		fmt.Fprintf(out, "| %s | %.3f | %s | %s | %.3f | %.3f | %.2f | %.1f | %.0f | %.0f | %.1f |\n", s.Name, s.CPUMs, limit, verdict,
			s.CPUMeanMs, s.WallMs, s.WallP99Ms, s.FirstMs, s.Allocs, s.AllocKB, s.AnswerKB)
	}
}

// hold compares a figure with its limit.
func (r *report) hold(got, limit float64) string {
	if got <= limit {
		return "kept"
	}
	r.missed++
	return "**missed**"
}

// growth shows the CPU of each sort over the sizes.
func (r *report) growth(out io.Writer) {
	if len(r.sizes) < 2 {
		return
	}
	fmt.Fprint(out, "\n### Growth (CPU ms)\n\n| request | what is asked |")
	for _, z := range r.sizes {
		fmt.Fprintf(out, " %s |", thousands(z.Entities))
	}
	first, last := r.sizes[0], r.sizes[len(r.sizes)-1]
	fmt.Fprintf(out, " for %g times the entities |\n|---|---|%s---|\n", float64(last.Entities)/float64(first.Entities), strings.Repeat("---|", len(r.sizes)))
	for i, s := range first.Results {
		fmt.Fprintf(out, "| %s | %s |", s.Name, s.Note)
		for _, z := range r.sizes {
			fmt.Fprintf(out, " %.3f |", z.Results[i].CPUMs)
		}
		fmt.Fprintf(out, " × %.1f |\n", last.Results[i].CPUMs/s.CPUMs)
	}
}

// opens shows the median process of those that opened a snapshot.
func (r *report) opens(out io.Writer) {
	fmt.Fprint(out, "\n### A fresh instance\n\n| entities | first answer CPU ms | limit | | wall ms | RSS MiB | limit | | after all sorts of requests | peak |\n")
	fmt.Fprintln(out, "|---|---|---|---|---|---|---|---|---|---|")
	for _, z := range r.sizes {
		o := opened{
			CPUMs: middle(z.Opens, func(o opened) float64 { return o.CPUMs }), WallMs: middle(z.Opens, func(o opened) float64 { return o.WallMs }),
			RSSMiB: middle(z.Opens, func(o opened) float64 { return o.RSSMiB }), UsedMiB: middle(z.Opens, func(o opened) float64 { return o.UsedMiB }),
			PeakMiB: middle(z.Opens, func(o opened) float64 { return o.PeakMiB }),
		}
		var cpuLimit, rssLimit, cpu, rss string
		if l, found := openLimitOf(z.Entities); found {
			cpuLimit, rssLimit = fmt.Sprint(l.cpuMs), fmt.Sprint(l.rssMiB)
			cpu, rss = r.hold(o.CPUMs, l.cpuMs*r.settings.tolerance), r.hold(o.RSSMiB, l.rssMiB)
		}
		fmt.Fprintf(out, "| %s | %.1f | %s | %s | %.1f | %.0f | %s | %s | %.0f | %.0f |\n",
			thousands(z.Entities), o.CPUMs, cpuLimit, cpu, o.WallMs, o.RSSMiB, rssLimit, rss, o.UsedMiB, o.PeakMiB)
	}
}

func (r *report) ingesting(out io.Writer) {
	fmt.Fprintf(out, "\n### Ingest of %s entities, from YAML until another reader shows all\n\n", thousands(r.settings.ingest))
	fmt.Fprint(out, "| files | table in | s | limit | | CPU s | reads meanwhile | peak MiB |\n|---|---|---|---|---|---|---|---|\n")
	for _, in := range r.ingests {
		limit, verdict := "", ""
		if in.Held && r.settings.ingest == ingestEntities {
			limit, verdict = fmt.Sprintf("%.0f", ingestLimit), r.hold(in.Seconds, ingestLimit*r.settings.tolerance)
		}
		fmt.Fprintf(out, "| %s | %s | %.1f | %s | %s | %.1f | %d | %.0f |\n", in.Shape, in.Where, in.Seconds, limit, verdict, in.CPU, in.Asked, in.PeakMiB)
	}
}

// middle gives the median of a figure.
func middle[T any](all []T, figure func(T) float64) float64 {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b T) int { return cmp.Compare(figure(a), figure(b)) })
	return figure(sorted[len(sorted)/2])
}

func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
