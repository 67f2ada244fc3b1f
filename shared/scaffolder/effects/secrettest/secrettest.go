// Package secrettest holds the contract of effects.SecretStore as tests that every adapter
// runs.
//
// It owns what an adapter must do; how an engine is started is the adapter's own test's.
// Flow: an adapter's test calls Run; each part uses names of its own.
package secrettest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// Harness is a store and a way to look into it.
type Harness struct {
	Store effects.SecretStore
	// Value gives the present value of a secret; NotFound when it is empty.
	Value func(ctx context.Context, region, arn string) (string, error)
}

const (
	region = "eu-west-1"
	other  = "eu-central-1"
)

var (
	first  = strings.Repeat("1", 64)
	second = strings.Repeat("2", 64)
)

// Run holds an adapter to the contract.
func Run(t *testing.T, h Harness) {
	for _, part := range []struct {
		name string
		test func(*testing.T, Harness, string)
	}{
		{"a new secret is empty and carries its tags", newSecret},
		{"a name is taken once", takenOnce},
		{"one of eight makes a secret", oneWinner},
		{"a value is put", valueIsPut},
		{"a version has one value", oneValue},
		{"the newest value is the present one", newestValue},
		{"what is absent is not found", absent},
		{"a deleted secret is gone", deleted},
		{"regions are apart", regionsApart},
		{"a name that begins like another is another", prefixes},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, h, "contract/"+ids.Random{}.New())
		})
	}
}

func params(name string) effects.SecretParams {
	return effects.SecretParams{Region: region, Name: name, Description: "For a test", Tags: []effects.Tag{{Key: "application", Value: "orders x"}, {Key: effects.OperationTag, Value: "op-1"}}}
}

func create(t *testing.T, h Harness, p effects.SecretParams) string {
	t.Helper()
	arn, err := h.Store.CreateSecret(t.Context(), p)
	if err != nil {
		t.Fatalf("making %s: %v", p.Name, err)
	}
	if effects.SecretRegion(arn) != p.Region || !strings.Contains(arn, ":secret:"+p.Name+"-") {
		t.Errorf("%s has the ARN %s", p.Name, arn)
	}
	return arn
}

func put(t *testing.T, h Harness, arn, version, value string) {
	t.Helper()
	if err := h.Store.PutSecretValue(t.Context(), region, arn, version, value); err != nil {
		t.Fatalf("putting a value: %v", err)
	}
}

func wantValue(t *testing.T, h Harness, arn, want string) {
	t.Helper()
	if got, err := h.Value(t.Context(), region, arn); err != nil || got != want {
		t.Errorf("the value is %q, %v; want %q", got, err, want)
	}
}

func newSecret(t *testing.T, h Harness, name string) {
	p := params(name)
	arn := create(t, h, p)
	for _, by := range []string{name, arn} {
		got, err := h.Store.StoredSecret(t.Context(), region, by)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got.Tags, func(a, b effects.Tag) int { return strings.Compare(a.Key, b.Key) })
		if diff := cmp.Diff(p.Tags, got.Tags); diff != "" || got.ARN != arn || len(got.Versions) > 0 {
			t.Errorf("found by %s: %+v %s", by, got, diff)
		}
	}
	if value, err := h.Value(t.Context(), region, arn); !errors.Is(err, errs.NotFound) {
		t.Errorf("it holds %q, %v", value, err)
	}
}

func takenOnce(t *testing.T, h Harness, name string) {
	arn := create(t, h, params(name))
	if _, err := h.Store.CreateSecret(t.Context(), params(name)); !errors.Is(err, errs.Conflict) {
		t.Errorf("a second one: %v", err)
	}
	if got, err := h.Store.StoredSecret(t.Context(), region, name); err != nil || got.ARN != arn {
		t.Errorf("%+v, %v", got, err)
	}
}

func oneWinner(t *testing.T, h Harness, name string) {
	const makers = 8
	results := make([]error, makers)
	var wg sync.WaitGroup
	for i := range makers {
		wg.Go(func() { _, results[i] = h.Store.CreateSecret(t.Context(), params(name)) })
	}
	wg.Wait()
	made := 0
	for _, err := range results {
		if err == nil {
			made++
		} else if !errors.Is(err, errs.Conflict) {
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("made %d times", made)
	}
}

func valueIsPut(t *testing.T, h Harness, name string) {
	arn := create(t, h, params(name))
	const value = "glpat-\"quoted\" ünï\ncode ⟦x⟧"
	put(t, h, arn, first, value)
	wantValue(t, h, arn, value)
	got, err := h.Store.StoredSecret(t.Context(), region, arn)
	if diff := cmp.Diff([]string{first}, got.Versions); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func oneValue(t *testing.T, h Harness, name string) {
	arn := create(t, h, params(name))
	put(t, h, arn, first, "a")
	put(t, h, arn, first, "a")
	if err := h.Store.PutSecretValue(t.Context(), region, arn, first, "b"); !errors.Is(err, errs.Conflict) {
		t.Errorf("another value of the same version: %v", err)
	}
	wantValue(t, h, arn, "a")
}

func newestValue(t *testing.T, h Harness, name string) {
	arn := create(t, h, params(name))
	put(t, h, arn, first, "a")
	put(t, h, arn, second, "b")
	wantValue(t, h, arn, "b")
	put(t, h, arn, first, "a") // a repeated request does not bring it back
	wantValue(t, h, arn, "b")
}

func absent(t *testing.T, h Harness, name string) {
	arn := "arn:aws:secretsmanager:" + region + ":000000000000:secret:" + name + "-AbCdEf"
	for _, by := range []string{name, arn} {
		if got, err := h.Store.StoredSecret(t.Context(), region, by); !errors.Is(err, errs.NotFound) {
			t.Errorf("%s: %+v, %v", by, got, err)
		}
	}
	if err := h.Store.PutSecretValue(t.Context(), region, arn, first, "a"); !errors.Is(err, errs.NotFound) {
		t.Errorf("putting: %v", err)
	}
	if err := h.Store.DeleteSecret(t.Context(), region, arn); err != nil {
		t.Errorf("deleting: %v", err)
	}
}

func deleted(t *testing.T, h Harness, name string) {
	arn := create(t, h, params(name))
	put(t, h, arn, first, "a")
	for range 2 {
		if err := h.Store.DeleteSecret(t.Context(), region, arn); err != nil {
			t.Fatal(err)
		}
	}
	for _, by := range []string{name, arn} {
		if got, err := h.Store.StoredSecret(t.Context(), region, by); !errors.Is(err, errs.NotFound) {
			t.Errorf("%s: %+v, %v", by, got, err)
		}
	}
	if err := h.Store.PutSecretValue(t.Context(), region, arn, second, "b"); !errors.Is(err, errs.NotFound) {
		t.Errorf("putting: %v", err)
	}
}

func regionsApart(t *testing.T, h Harness, name string) {
	here := create(t, h, params(name))
	elsewhere := params(name)
	elsewhere.Region = other
	create(t, h, elsewhere)
	if err := h.Store.DeleteSecret(t.Context(), region, here); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Store.StoredSecret(t.Context(), other, name); err != nil {
		t.Errorf("the other region's: %v", err)
	}
}

func prefixes(t *testing.T, h Harness, name string) {
	short, long := create(t, h, params(name)), create(t, h, params(name+"-token"))
	if err := h.Store.DeleteSecret(t.Context(), region, short); err != nil {
		t.Fatal(err)
	}
	if got, err := h.Store.StoredSecret(t.Context(), region, name+"-token"); err != nil || got.ARN != long {
		t.Errorf("%+v, %v", got, err)
	}
}
