// Command scaffolder measures the running of software templates with the whole system in one
// process: portal, state machines, catalog and GitLab on embedded adapters, with everything
// on disk. It holds what it finds against limits and fails when one is missed.
//
//	scaffolder [-short] [-only engine,skeleton,trivial,crowd] [-tolerance 1] [-dir DIR] [-profile FILE]
//
// What is not real: GitLab is the embedded one, and no request leaves the machine.
//
// Flow: main → open (world.go) and seed (seed.go) → one function for each figure (engine.go,
// skeleton.go, tasks.go) → report (report.go) held against limits.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strings"
	"time"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "scaffolder:", err)
		os.Exit(1)
	}
}

// errMissed says that the report shows a limit that was not kept.
var errMissed = errors.New("a limit is missed")

// settings are the command line.
type settings struct {
	short     bool
	only      string
	tolerance float64
	dir       string
	profile   string
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("scaffolder", flag.ContinueOnError)
	flags.BoolVar(&s.short, "short", false, "fewer repetitions")
	flags.StringVar(&s.only, "only", "engine,skeleton,trivial,crowd", "the `parts` to measure, separated by commas")
	flags.Float64Var(&s.tolerance, "tolerance", 1, "multiply the limits by this, for machines that are slow or shared; printed")
	flags.StringVar(&s.dir, "dir", "", "where the data lies meanwhile; the system's directory for such things by default")
	flags.StringVar(&s.profile, "profile", "", "`FILE` that a CPU profile of all of it is left in")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.tolerance <= 0 || flags.NArg() > 0 {
		return s, errors.New("the tolerance is more than 0, and there are no arguments")
	}
	for name := range strings.SplitSeq(s.only, ",") {
		if parts()[name] == nil {
			return s, fmt.Errorf("there is no part %q", name)
		}
	}
	return s, nil
}

// times gives how often something is repeated.
func (s settings) times(n int) int {
	if s.short {
		return max(n/5, 2)
	}
	return n
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	s, err := parse(args)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(s.dir, "slipway-bench-")
	if err != nil {
		return fmt.Errorf("making a directory for the data: %w", err)
	}
	defer os.RemoveAll(dir)
	if s.profile != "" {
		f, err := os.Create(s.profile)
		if err != nil {
			return fmt.Errorf("making the profile: %w", err)
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return fmt.Errorf("profiling: %w", err)
		}
		defer func() { pprof.StopCPUProfile(); _ = f.Close() }()
	}
	w, err := open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.seed(ctx); err != nil {
		return err
	}
	r, err := measure(ctx, s, w)
	if err != nil {
		return err
	}
	if missed := r.write(out); missed > 0 {
		return fmt.Errorf("%d times: %w", missed, errMissed)
	}
	return nil
}

// parts gives what measures, by the names that -only knows.
func parts() map[string]func(context.Context, settings, *world) ([]figure, error) {
	return map[string]func(context.Context, settings, *world) ([]figure, error){
		"engine": engine, "skeleton": skeleton, "trivial": trivial, "crowd": crowd,
	}
}

func measure(ctx context.Context, s settings, w *world) (report, error) {
	r := report{settings: s}
	for name := range strings.SplitSeq(s.only, ",") {
		figures, err := parts()[name](ctx, s, w)
		if err != nil {
			return r, fmt.Errorf("measuring %s: %w", name, err)
		}
		r.figures = append(r.figures, figures...)
	}
	return r, nil
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
