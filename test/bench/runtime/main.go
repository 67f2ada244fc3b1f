// Command runtime times functions as Lambda runs them: it starts their bootstrap binaries
// against a Lambda Runtime API of its own on loopback and measures init, the first and the
// warm invocations. Binaries take turns, so that noise of the machine falls on all alike.
//
// It does not emulate Lambda's CPU share, its network or the download of the code: compare
// its numbers with each other, not with a bill.
//
//	runtime -starts 11 -warm 100 -env "A=1;B=2" name:event.json=path/to/bootstrap ...
//
// It prints a table in Markdown.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "runtime:", err)
		os.Exit(1)
	}
}

// function is a binary to time, with its results.
type function struct {
	name, binary string
	event        []byte
	bytes        int64
	starts       []coldStart
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("runtime", flag.ContinueOnError)
	starts := flags.Int("starts", 11, "cold starts of each binary")
	warm := flags.Int("warm", 100, "warm invocations after each cold start")
	environment := flags.String("env", "", "settings for all functions, separated by semicolons")
	if err := flags.Parse(args); err != nil {
		return err
	}
	functions, err := parse(flags.Args())
	if err != nil {
		return err
	}
	for range *starts {
		for i := range functions {
			f := &functions[i]
			s, err := timeStart(f.binary, strings.Split(*environment, ";"), f.event, *warm)
			if err != nil {
				return err
			}
			f.starts = append(f.starts, s)
		}
	}
	table(out, functions)
	return nil
}

// parse reads arguments of the form name:event.json=binary.
func parse(args []string) ([]function, error) {
	if len(args) == 0 {
		return nil, errors.New("nothing to time")
	}
	var all []function
	for _, a := range args {
		head, binary, ok := strings.Cut(a, "=")
		name, event, named := strings.Cut(head, ":")
		if !ok || !named {
			return nil, fmt.Errorf("%q is not of the form name:event.json=binary", a)
		}
		text, err := os.ReadFile(event)
		if err != nil {
			return nil, fmt.Errorf("reading the event of %s: %w", name, err)
		}
		info, err := os.Stat(binary)
		if err != nil {
			return nil, fmt.Errorf("looking at %s: %w", name, err)
		}
		all = append(all, function{name: name, binary: binary, event: text, bytes: info.Size()})
	}
	return all, nil
}

// table prints medians, and for warm invocations the 99th percentile beside it.
func table(out io.Writer, functions []function) {
	fmt.Fprintln(out, "| function | MB | init ms | first ms | warm ms | warm p99 ms |")
	fmt.Fprintln(out, "|---|---|---|---|---|---|")
	for _, f := range functions {
		var init, first, warm []time.Duration
		for _, s := range f.starts {
			init, first, warm = append(init, s.init), append(first, s.first), append(warm, s.warm...)
		}
		fmt.Fprintf(out, "| %s | %.2f | %.1f | %.1f | %.2f | %.2f |\n", f.name, float64(f.bytes)/1e6,
			ms(quantile(init, 0.5)), ms(quantile(first, 0.5)), ms(quantile(warm, 0.5)), ms(quantile(warm, 0.99)))
	}
}

// quantile gives the smallest duration that at least a share p of all don't exceed.
func quantile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
