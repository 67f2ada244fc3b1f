package asl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
)

// recorded is one execution recorded from Step Functions.
type recorded struct {
	Group      string          `json:"group"`
	ID         string          `json:"id"`
	Definition json.RawMessage `json:"definition"`
	Input      json.RawMessage `json:"input"`
	Want       struct {
		Output json.RawMessage `json:"output"`
		Error  *string         `json:"error"`
		Cause  *string         `json:"cause"`
	} `json:"want"`
}

// TestRecordedExecutions runs what Step Functions was seen to do. The recordings belong to
// somebody else and are not part of the repository.
func TestRecordedExecutions(t *testing.T) {
	t.Parallel()
	tally := map[string]int{}
	for _, c := range readCorpus(t) {
		if reason := incomparable(c); reason != "" {
			tally[reason]++
			continue
		}
		m, err := asl.Load(c.Definition, nil)
		if err != nil {
			tally["refused at load"]++
			t.Errorf("%s is refused: %v", c.ID, err)
			continue
		}
		got := run(t, m, string(unwrapped(c.Input)), newHost(), newHurried())
		if diff := c.diff(got); diff != "" {
			t.Errorf("%s with input %s:\n%s", c.ID, c.Input, diff)
			continue
		}
		tally["as recorded"]++
	}
	t.Logf("%v", tally)
	if tally["as recorded"] == 0 {
		t.Error("nothing was compared")
	}
}

func readCorpus(t *testing.T) []recorded {
	t.Helper()
	folder := os.Getenv("SLIPWAY_ASL_CORPUS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "..", "..", "shared", "golden", "asl")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "asl-corpus.json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("SKIPPED: no recorded executions in %s; point SLIPWAY_ASL_CORPUS to their folder", folder)
	}
	if err != nil {
		t.Fatal(err)
	}
	var cases []recorded
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

var (
	// The recordings have these in place of values that change from run to run.
	redactedValue = regexp.MustCompile(`<(\w*Part_\w+|partition|region|uuid:\d+|timestamp)>|"generated-uuid"|"RandomNumberGenerated"|"timestamp"`)
	redactedDate  = regexp.MustCompile(`"(Variable|Value|Timestamp\w*)":\s*"date"`)
)

// incomparable says why a recording can't be held against a run, "" when it can.
func incomparable(c recorded) string {
	all := bytes.Join([][]byte{c.Definition, c.Input, c.Want.Output}, nil)
	for _, s := range []*string{c.Want.Error, c.Want.Cause} {
		if s != nil {
			all = append(all, *s...)
		}
	}
	switch {
	case redactedDate.Match(all) && bytes.Contains(c.Definition, []byte("Timestamp")):
		return "redacted: the dates that are compared"
	case redactedValue.Match(all):
		return "redacted: " + strings.Trim(string(redactedValue.Find(all)), `<>"`)
	}
	return ""
}

// unwrapped takes JSON out of a JSON string: lists and numbers were recorded that way.
func unwrapped(raw json.RawMessage) json.RawMessage {
	var s string
	if json.Unmarshal(raw, &s) == nil && json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	return raw
}

var inputInCause = regexp.MustCompile(`in the input '.*'`)

func (c recorded) diff(got *asl.Frame) string {
	if c.Want.Error == nil {
		if got.Failure != nil {
			return "failed: " + got.Failure.Error()
		}
		var want, have any
		if err := errors.Join(json.Unmarshal(unwrapped(c.Want.Output), &want), json.Unmarshal(got.Output, &have)); err != nil {
			return err.Error()
		}
		return cmp.Diff(want, have)
	}
	if got.Failure == nil {
		return "succeeded with " + string(got.Output)
	}
	want := asl.Failure{Name: *c.Want.Error}
	if c.Want.Cause != nil {
		want.Cause = *c.Want.Cause
	}
	have := *got.Failure
	if strings.Contains(want.Cause, "<json-input:") { // how the recording redacts what a path was applied to
		want.Cause = inputInCause.ReplaceAllString(want.Cause, "in the input")
		have.Cause = inputInCause.ReplaceAllString(have.Cause, "in the input")
	}
	return cmp.Diff(want, have)
}
