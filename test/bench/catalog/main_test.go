package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/lambdahttp"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// TestMain lets the test binary be the processes of the stages.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-stage") {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestASmallBenchmark(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts a process for each stage")
	}
	var out bytes.Buffer
	args := []string{"-short", "-sizes", "400,800", "-requests", "20", "-ingest", "150", "-opens", "1", "-dir", inmemory.Dir(t)}
	if err := run(context.Background(), args, &out); err != nil {
		t.Fatal(err, out.String())
	}
	for _, want := range []string{"### 400 entities", "### 800 entities", "for 2 times the entities", "0 limits missed.", "| by-refs 50 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if n := len(regexp.MustCompile(`(?m)^\| (400|800) \| \d`).FindAllString(out.String(), -1)); n != 2 {
		t.Errorf("%d openings in\n%s", n, out.String())
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-sizes", "x"}, {"-sizes", "1000,5"}, {"-stage", "unknown"}, {"-dir", "/nowhere"}} {
		if err := run(context.Background(), args, &bytes.Buffer{}); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}

func TestTheReportHoldsAgainstLimits(t *testing.T) {
	t.Parallel()
	good := size{Entities: 10_000, Results: []result{{Name: "by-name", CPUMs: 0.09, Limit: 0.1}}, Opens: []opened{{CPUMs: 9, RSSMiB: 39}}}
	slow, large := good, good
	slow.Results = []result{{Name: "by-name", CPUMs: 0.11, Limit: 0.1}}
	large.Opens = []opened{{CPUMs: 11, RSSMiB: 41}}
	late := []ingested{{Held: true, Seconds: 8.5}, {Held: false, Seconds: 100}}
	for name, c := range map[string]struct {
		r    report
		want int
	}{
		"kept":     {report{sizes: []size{good}}, 0},
		"slow":     {report{sizes: []size{slow}}, 1},
		"large":    {report{sizes: []size{large}}, 2},
		"late":     {report{sizes: []size{good}, ingests: late}, 1},
		"all":      {report{sizes: []size{slow, large}, ingests: late}, 4},
		"tolerant": {report{sizes: []size{slow, large}, ingests: late, settings: settings{tolerance: 1.2}}, 1}, // memory has no tolerance
	} {
		if c.r.settings.tolerance == 0 {
			c.r.settings.tolerance = 1
		}
		c.r.settings.ingest = ingestEntities
		var out bytes.Buffer
		if got := c.r.write(&out); got != c.want || strings.Count(out.String(), "**missed**") != c.want {
			t.Errorf("%s: %d missed, not %d\n%s", name, got, c.want, out.String())
		}
		if tolerant := strings.Contains(out.String(), "multiplied"); tolerant != (name == "tolerant") {
			t.Errorf("%s: tells of a tolerance: %v", name, tolerant)
		}
	}
}

// TestEventsAreTwoKilobytes: what API Gateway sends is about that.
func TestEventsAreTwoKilobytes(t *testing.T) {
	t.Parallel()
	e := get("/entities", nil).event(strings.Repeat("t", 700))
	if len(e) < 1900 || len(e) > 2500 {
		t.Errorf("%d bytes", len(e))
	}
}

// failing answers nothing but 500.
func failing(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }

func TestAnswersOtherThanGoodEndIt(t *testing.T) {
	t.Parallel()
	a, err := lambdahttp.New(http.HandlerFunc(failing))
	if err != nil {
		t.Fatal(err)
	}
	i := &instance{Adapter: a}
	if _, err := i.call(t.Context(), get("/entities", nil).event("t")); err == nil {
		t.Error("an error is timed")
	}
	if err := holds([]byte(`{"statusCode":200,"body":"{\"items\":[]}"}`), full); err == nil {
		t.Error("an empty page is timed")
	}
	if err := holds([]byte(`{"statusCode":200,"body":"[]"}`), many); err == nil {
		t.Error("an empty list is timed")
	}
}
