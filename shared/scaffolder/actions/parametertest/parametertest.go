// Package parametertest holds the contract of actions.Parameters as tests that every
// adapter runs.
//
// It owns what an adapter must do; how an engine is started and filled is the adapter's own
// test's. Flow: an adapter's test puts Content into a place and calls Run.
package parametertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// Content gives the parameters that the place has to hold.
func Content() map[string]actions.Parameter {
	all := map[string]actions.Parameter{
		"/opa/dev/vpc":                {Value: "vpc-1"},
		"/opa/dev/vpc/public-subnets": {Value: "subnet-a,subnet-b"},
		"plain.name_1":                {Value: "a \"value\" of ünï code\nin lines"},
		"/opa/dev/password":           {Value: "hunter2", Secret: true},
	}
	for i := range 23 { // more than one request of AWS takes
		all[fmt.Sprintf("/many/%02d", i)] = actions.Parameter{Value: fmt.Sprint(i)}
	}
	return all
}

// Harness is an adapter and the place that holds Content.
type Harness struct {
	Parameters actions.Parameters
	Place      actions.Place
	// Empty is a place that holds nothing.
	Empty actions.Place
}

// Run holds an adapter to the contract.
func Run(t *testing.T, h Harness) {
	for _, part := range []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"parameters are read as they are", readAsTheyAre},
		{"what does not exist is left out", leftOut},
		{"no names, no parameters", noNames},
		{"a name may be there twice", twice},
		{"places are apart", placesApart},
		{"what can't be a name is invalid", badNames},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, h)
		})
	}
}

func want(t *testing.T, h Harness, at actions.Place, names []string, want map[string]actions.Parameter) {
	t.Helper()
	got, err := h.Parameters.Parameters(t.Context(), at, names)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func readAsTheyAre(t *testing.T, h Harness) {
	var names []string
	for name := range Content() {
		names = append(names, name)
	}
	want(t, h, h.Place, names, Content())
}

func leftOut(t *testing.T, h Harness) {
	want(t, h, h.Place, []string{"/opa/nothing", "/opa/dev/vpc", "/opa/dev"}, map[string]actions.Parameter{"/opa/dev/vpc": {Value: "vpc-1"}})
}

func noNames(t *testing.T, h Harness) { want(t, h, h.Place, nil, map[string]actions.Parameter{}) }

func twice(t *testing.T, h Harness) {
	want(t, h, h.Place, []string{"/opa/dev/vpc", "/opa/dev/vpc"}, map[string]actions.Parameter{"/opa/dev/vpc": {Value: "vpc-1"}})
}

func placesApart(t *testing.T, h Harness) {
	want(t, h, h.Empty, []string{"/opa/dev/vpc"}, map[string]actions.Parameter{})
}

func badNames(t *testing.T, h Harness) {
	for _, name := range []string{"", "a b", "/opa/*", "/opa/ü", "a\nb", strings.Repeat("x", 1012)} {
		if got, err := h.Parameters.Parameters(t.Context(), h.Place, []string{"/opa/dev/vpc", name}); !errors.Is(err, errs.Invalid) {
			t.Errorf("%.20q gives %v, %v", name, got, err)
		}
	}
}
