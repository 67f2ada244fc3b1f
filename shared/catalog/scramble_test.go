package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// flaky loses some answers of transactions, half of them after the effect.
type flaky struct {
	table.Table
	mu   sync.Mutex
	dice *rand.Rand
}

func (f *flaky) Transact(ctx context.Context, writes []table.Write) error {
	f.mu.Lock()
	n := f.dice.IntN(16)
	f.mu.Unlock()
	if n == 0 {
		return errs.New(errs.Unavailable, "no answer")
	}
	err := f.Table.Transact(ctx, writes)
	if n == 1 && err == nil {
		err = errs.New(errs.Unavailable, "the answer was lost")
	}
	return err
}

// Registering, removing, moving, refreshing and reading one tree of files from several
// instances at once, with lost answers: what is left is what the last of it asked for.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			pushTree(f, 0)
			var wg sync.WaitGroup
			for n := range uint64(4) {
				c := instance(t, &flaky{Table: f.table, dice: rand.New(rand.NewPCG(seed, n))}, f.host)
				dice := rand.New(rand.NewPCG(seed, 100+n))
				wg.Go(func() {
					for round := range 12 {
						if err := scramble(c, f, dice, round); !expected(err) {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			settle(t, f)
		})
	}
}

const otherTarget = base + "apps/root/-/blob/main/next.yaml"

func pushTree(f fixture, version int) {
	f.host.push("apps/root", "main", map[string]string{
		"all.yaml":  documents(location("all", "./part.yaml", base+"apps/other/-/blob/main/info.yaml"), component("root", fmt.Sprint(version))),
		"part.yaml": component("part", fmt.Sprint(version)), "next.yaml": component("next", fmt.Sprint(version))})
	f.host.push("apps/other", "main", map[string]string{"info.yaml": component("other", fmt.Sprint(version))})
}

// scramble does one thing.
func scramble(c *catalog.Service, f fixture, dice *rand.Rand, round int) error {
	ctx, target := context.Background(), rootFile
	if dice.IntN(4) == 0 {
		target = otherTarget
	}
	loc, found := c.LocationByTarget(ctx, target)
	switch dice.IntN(6) {
	case 0, 1:
		_, err := c.RegisterLocation(ctx, "user:default/jane", target)
		return err
	case 2:
		if found == nil {
			return c.RemoveLocation(ctx, "user:default/jane", loc.ID, catalog.Guard{})
		}
	case 3:
		if found == nil {
			_, err := c.UpdateLocation(ctx, "user:default/jane", loc.ID, map[bool]string{true: otherTarget, false: rootFile}[target == rootFile], "")
			return err
		}
	case 4:
		pushTree(f, round)
		return c.Refresh(ctx, "user:default/jane", "component:default/root")
	default:
		if dice.IntN(3) == 0 { // a target is dropped
			f.host.push("apps/root", "main", map[string]string{"all.yaml": documents(location("all", "./part.yaml"), component("root", ""))})
		}
		_, err := c.IngestProject(ctx, "apps/root", "main", false)
		return err
	}
	return nil
}

// expected reports whether an error is one that whoever asked is to repeat or to know of.
func expected(err error) bool {
	return err == nil || errs.Transient(err) || errors.Is(err, errs.Conflict) || errors.Is(err, errs.NotFound)
}

// settle lets what was given up be repeated, as a queue and reconciliation do, and compares.
func settle(t *testing.T, f fixture) {
	t.Helper()
	for range 2 {
		f.ingestAll(t)
	}
	pushTree(f, 99)
	if _, err := f.RegisterLocation(context.Background(), "user:default/jane", rootFile); err != nil {
		t.Fatal(err)
	}
	all, err := f.Locations(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	f.ingestAll(t)
	want := map[string]string{"component:default/root": "99", "component:default/part": "99", "component:default/other": "99", "location:default/all": ""}
	for _, l := range all {
		want[l.EntityRef] = ""
		if l.Target == otherTarget {
			want["component:default/next"] = "99"
		}
	}
	if diff := cmp.Diff(want, f.refs(t)); diff != "" {
		t.Errorf("registered are %d locations: %s", len(all), diff)
	}
	for _, l := range all {
		if err := f.RemoveLocation(context.Background(), "user:default/jane", l.ID, catalog.Guard{}); err != nil {
			t.Fatal(err)
		}
	}
	if left := f.refs(t); len(left) > 0 {
		t.Errorf("nothing is registered, but there is %v", left)
	}
	if left := f.known(t); len(left) > 0 {
		t.Errorf("nothing is registered, but known are %v", left)
	}
}
