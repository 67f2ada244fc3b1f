package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/reconcile"
)

// errFindings says that the doctor has found something; what, is already printed.
var errFindings = errors.New("something is not in order")

// overdue is how old the last reconciliation may be, for the schedule's 10 minutes and a
// run that takes its time.
const overdue = 45 * time.Minute

// manyBehind is how many changes the snapshot of the index may lack before that slows new
// instances down noticeably.
const manyBehind = 10_000

// finding is something that somebody has to look at.
type finding struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// diagnosis is what the doctor tells.
type diagnosis struct {
	Healthy  bool                   `json:"healthy"`
	Findings []finding              `json:"findings"`
	Report   *reconcile.Report      `json:"reconciliation,omitempty"`
	Problems []catalog.FileProblems `json:"problems"`
}

func doctor(ctx context.Context, args []string, out, errOut io.Writer) error {
	f, where := newFlags("doctor"), remote{}
	asJSON := f.Bool("json", false, "print everything as JSON")
	where.flags(f)
	if err := parse(f, args, out, errOut); err != nil {
		return err
	}
	if f.NArg() > 0 {
		fmt.Fprintln(errOut, "slipway doctor: there are no arguments without a flag")
		return errUsage
	}
	p, err := where.portal()
	if err != nil {
		return err
	}
	d, err := diagnose(ctx, p, clock.System{}.Now())
	if err != nil {
		return err
	}
	if *asJSON {
		err = printJSON(out, d)
	} else {
		err = d.print(out, time.Local)
	}
	if err == nil && !d.Healthy {
		return errFindings
	}
	return err
}

// diagnose asks a portal how it is.
func diagnose(ctx context.Context, p *portal, now time.Time) (diagnosis, error) {
	d := diagnosis{Findings: []finding{}}
	var report reconcile.Report
	found, err := p.found(ctx, "/api/catalog/reconciliation", &report)
	if err != nil {
		return d, err
	}
	if d.Problems, err = p.problems(ctx); err != nil {
		return d, err
	}
	if !found {
		d.Findings = append(d.Findings, finding{"reconciliation", "none has ended yet"})
	} else {
		d.Report = &report
		if age := now.Sub(report.Ended); age > overdue {
			d.Findings = append(d.Findings, finding{"reconciliation", "the last one ended " + ago(age)})
		}
		d.Findings = append(d.Findings, findings(report, d.Problems)...)
	}
	d.Healthy = len(d.Findings) == 0
	return d, nil
}

// findings gives what a report and the problems of files say that is not in order.
func findings(r reconcile.Report, problems []catalog.FileProblems) []finding {
	var out []finding
	add := func(what, why string) { out = append(out, finding{what, why}) }
	if r.Failure != "" {
		add("reconciliation", r.Failure)
	}
	for _, g := range r.Groups {
		if g.Problem != "" {
			add("group "+g.Path, g.Problem)
		}
	}
	for _, n := range r.Failed {
		add("project "+n.Project, n.Reason)
	}
	for _, n := range r.Kept {
		add("project "+n.Project, "is kept: "+n.Reason)
	}
	for _, n := range r.Hooks.Problems {
		add("webhook "+n.Project, n.Reason)
	}
	for _, f := range problems {
		for _, p := range f.Problems {
			add("file "+f.Target, p.String())
		}
	}
	if r.Log.Behind != nil && *r.Log.Behind > manyBehind {
		add("snapshot", fmt.Sprintf("lacks %d changes", *r.Log.Behind))
	}
	return out
}

// print writes what a person wants to know, times in a zone, the findings last.
func (d diagnosis) print(out io.Writer, zone *time.Location) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	if r := d.Report; r != nil {
		fmt.Fprintf(w, "reconciliation\t%s, took %s\n", r.Ended.In(zone).Format(time.DateTime), r.Ended.Sub(r.Started).Round(10*time.Millisecond))
		fmt.Fprintf(w, "projects\t%d compared, %d read again, %d held back\n", r.Projects.Seen, r.Projects.Read, r.Projects.HeldBack)
		fmt.Fprintf(w, "webhooks\t%s\n", hookLine(r.Hooks))
		fmt.Fprintf(w, "change log\t%s\n", logLine(r.Log))
	}
	fmt.Fprintf(w, "files\t%d with problems\n", len(d.Problems))
	if err := w.Flush(); err != nil {
		return err
	}
	if d.Healthy {
		_, err := fmt.Fprintln(out, "\nall is well")
		return err
	}
	fmt.Fprintf(w, "\n")
	for _, f := range d.Findings {
		fmt.Fprintf(w, "%s\t%s\n", printable(f.What), printable(f.Why))
	}
	return w.Flush()
}

func hookLine(h reconcile.Hooks) string {
	if !h.Managed {
		return "left alone"
	}
	return fmt.Sprintf("%d checked, %d added, %d switched on, %d corrected, %d failing", h.Checked, h.Created, h.Enabled, h.Updated, len(h.Problems))
}

func logLine(l reconcile.Log) string {
	if l.Behind == nil {
		return fmt.Sprintf("%d changes", l.Head)
	}
	return fmt.Sprintf("%d changes, the snapshot lacks %d", l.Head, *l.Behind)
}

func ago(age time.Duration) string {
	return strings.TrimSuffix(age.Round(time.Minute).String(), "0s") + " ago"
}

// found reads a path that may not be there yet.
func (p *portal) found(ctx context.Context, path string, into any) (bool, error) {
	err := p.call(ctx, http.MethodGet, path, nil, into, nil)
	var answer problemDocument
	if errors.As(err, &answer) && answer.Status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// problems reads all files that are not wholly in the catalog.
func (p *portal) problems(ctx context.Context) ([]catalog.FileProblems, error) {
	all := []catalog.FileProblems{}
	const first = "/api/catalog/problems?limit=100"
	for path := first; ; {
		var page struct {
			Items      []catalog.FileProblems `json:"items"`
			NextCursor string                 `json:"nextCursor"`
		}
		if err := p.call(ctx, http.MethodGet, path, nil, &page, nil); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.NextCursor == "" {
			return all, nil
		}
		path = first + "&cursor=" + url.QueryEscape(page.NextCursor)
	}
}
