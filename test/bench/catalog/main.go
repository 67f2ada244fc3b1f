// Command catalog measures the catalog as a function runs it: from the bytes of API Gateway's
// event to the bytes of the answer, with token verification, the look at the change log, the
// log line and gzip. It holds what it finds against limits and fails when one is missed.
//
//	catalog [-short] [-sizes 1000,10000,100000] [-requests 2000] [-tolerance 1] [-dir /dev/shm] [-profiles DIR]
//
// Each size is filled, measured and opened in processes of their own (stages.go), so that
// memory and first uses are those of a fresh instance. What is not real: the table and the
// blobs are the embedded ones, in memory if -dir is a memory file system, so a look at the log
// costs no network; Lambda's runtime loop is left out.
//
// Flow: main → stage fill (fill.go) → stage measure (requests.go, measure.go) → stage open
// (open.go) for each size → stage ingest (ingest.go) → report (report.go) held against limits
// (limits.go).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/test/bench/machine"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "catalog:", err)
		os.Exit(1)
	}
}

// errMissed says that the report shows a limit that was not kept.
var errMissed = errors.New("a limit is missed")

// settings are the command line.
type settings struct {
	short     bool
	sizes     []int
	requests  int
	opens     int
	ingest    int
	tolerance float64
	dir       string
	stage     stage
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("catalog", flag.ContinueOnError)
	flags.BoolVar(&s.short, "short", false, "1,000 and 10,000 entities and fewer requests, in less than a minute")
	sizes := flags.String("sizes", "", "numbers of entities, separated by commas")
	flags.IntVar(&s.requests, "requests", 0, "requests of each sort")
	flags.IntVar(&s.opens, "opens", 7, "how many fresh processes open a snapshot; their median counts")
	flags.IntVar(&s.ingest, "ingest", ingestEntities, "how many entities are read from YAML")
	flags.Float64Var(&s.tolerance, "tolerance", 1, "multiply the limits on time by this, for machines that are slow or shared; printed")
	flags.StringVar(&s.dir, "dir", "/dev/shm", "where the data lies meanwhile")
	flags.StringVar(&s.stage.Profiles, "profiles", "", "where a CPU profile of each size and sort of request is left")
	flags.StringVar(&s.stage.Name, "stage", "", "what a process of this program does for another; not for people")
	flags.StringVar(&s.stage.Dir, "stage-dir", "", "where that is")
	flags.StringVar(&s.stage.Shape, "stage-shape", "", "what comes how")
	flags.IntVar(&s.stage.Entities, "stage-entities", 0, "how many entities are there")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if *sizes == "" {
		*sizes = "1000,10000,100000"
		if s.short {
			*sizes = "1000,10000"
		}
	}
	for part := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 100 {
			return s, fmt.Errorf("%q is no number of entities from 100 on", part)
		}
		s.sizes = append(s.sizes, n)
	}
	if s.requests == 0 {
		s.requests = 2000
		if s.short {
			s.requests = 1000
		}
	}
	s.stage.Requests = s.requests
	return s, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if s.stage.Name != "" {
		return s.stage.run(ctx, out)
	}
	root, err := os.MkdirTemp(s.dir, "slipway-bench-")
	if err != nil {
		return fmt.Errorf("making a directory for the data: %w", err)
	}
	defer os.RemoveAll(root)
	r := report{settings: s, machine: machine.Describe()}
	for i, n := range s.sizes {
		size, err := sweep(ctx, s.stage.with(n, fmt.Sprintf("%s/%d", root, i)), s.opens)
		if err != nil {
			return err
		}
		r.sizes = append(r.sizes, size)
	}
	if r.ingests, err = ingests(ctx, s, root); err != nil {
		return err
	}
	if missed := r.write(out); missed > 0 {
		return fmt.Errorf("%d times: %w", missed, errMissed)
	}
	return nil
}

// sweep takes one size through its stages. What one stage leaves on disk is removed at the end.
func sweep(ctx context.Context, st stage, opens int) (size, error) {
	defer os.RemoveAll(st.Dir)
	z := size{Entities: st.Entities}
	progress("filling %d entities", st.Entities)
	if err := st.child(ctx, "fill", &z.Filled); err != nil {
		return z, err
	}
	progress("measuring at %d entities", st.Entities)
	if err := st.child(ctx, "measure", &z.Results); err != nil {
		return z, err
	}
	progress("opening %d entities", st.Entities)
	for range opens {
		var o opened
		if err := st.child(ctx, "open", &o); err != nil {
			return z, err
		}
		z.Opens = append(z.Opens, o)
	}
	return z, nil
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
