package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/test/inmemory"
)

func TestAShortBenchmark(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts the whole system")
	}
	var out bytes.Buffer
	if err := run(context.Background(), []string{"-short", "-tolerance", "1000", "-dir", inmemory.Dir(t)}, &out); err != nil {
		t.Fatal(err, out.String())
	}
	for _, want := range []string{"| files of 1 KB", "| 500 files", "| … step template/publish |", "| two trivial steps", "| completion to an open stream", "50 at once", "factor 1000", "0 limits missed."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-tolerance", "0"}, {"-tolerance", "x"}, {"-only", "engine,unknown"}, {"-only", ""}, {"-dir", "/nowhere"}, {"more"}} {
		if err := run(context.Background(), args, &bytes.Buffer{}); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}

func TestTheReportHoldsAgainstLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f         figure
		tolerance float64
		kept      bool
	}{
		{figure{got: 10, limit: 10}, 1, true},
		{figure{got: 10.1, limit: 10}, 1, false},
		{figure{got: 19, limit: 10}, 2, true},
		{figure{got: 21, limit: 10}, 2, false},
		{figure{got: 60, limit: 60, least: true}, 1, true},
		{figure{got: 59, limit: 60, least: true}, 1, false},
		{figure{got: 31, limit: 60, least: true}, 2, true},
		{figure{got: 29, limit: 60, least: true}, 2, false},
		{figure{got: 1e9}, 1, true},
	} {
		c.f.name, c.f.unit = "x", "ms"
		var out bytes.Buffer
		r := report{settings: settings{tolerance: c.tolerance}, figures: []figure{c.f}}
		missed := r.write(&out)
		if (missed == 0) != c.kept || strings.Contains(out.String(), "**missed**") == c.kept {
			t.Errorf("%+v with tolerance %g:\n%s", c.f, c.tolerance, out.String())
		}
	}
}
