package tabletest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

func raceParts() []part {
	return []part{
		{"one of sixteen wins each race", oneWinner},
		{"transactions on a counter lose no update", noLostUpdate},
		{"transactions keep an invariant", keptInvariant},
		{"random histories are linearizable", linearizable},
	}
}

// together runs n goroutines that start at the same time and waits for them.
func together(n int, run func(i int)) {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			run(i)
		})
	}
	close(start)
	wg.Wait()
}

func oneWinner(t *testing.T, h Harness) {
	const racers, rounds = 16, 8
	k := key("p", "s")
	cond := table.Absent
	for round := range rounds {
		revisions, failures := make([]string, racers), make([]error, racers)
		together(racers, func(i int) {
			body := fmt.Sprintf("%d of round %d", i, round)
			revisions[i], failures[i] = h.Table.Put(t.Context(), item(k, body), cond)
		})
		winner := -1
		for i, err := range failures {
			switch {
			case err == nil && winner >= 0:
				t.Fatalf("%d and %d both won round %d", winner, i, round)
			case err == nil:
				winner = i
			default:
				wantFailed(t, err, 0, k)
			}
		}
		if winner < 0 {
			t.Fatalf("nobody won round %d", round)
		}
		if got := wantBody(t, h, k, fmt.Sprintf("%d of round %d", winner, round)); got != revisions[winner] {
			t.Fatalf("the item is at %s, its winner got %s", got, revisions[winner])
		}
		cond = table.AtRevision(revisions[winner])
	}
}

// attempt repeats a transaction made of fresh reads until it is not in anybody's way.
func attempt(h Harness, t *testing.T, writes func() ([]table.Write, error)) error {
	for range 500 {
		w, err := writes()
		if err != nil {
			return err
		}
		err = h.Table.Transact(t.Context(), w)
		if err == nil || (!errors.Is(err, errs.Conflict) && !errors.Is(err, errs.RateLimited)) {
			return err
		}
	}
	return errors.New("500 attempts were not enough")
}

// added gives the write that adds n to a number, at the revision it was read at.
func added(h Harness, t *testing.T, k table.Key, n int) (table.Write, error) {
	i, err := h.Table.Get(t.Context(), k)
	if err != nil {
		return table.Write{}, err
	}
	value, err := strconv.Atoi(string(i.Body))
	return table.PutWrite(item(k, strconv.Itoa(value+n)), table.AtRevision(i.Revision)), err
}

func noLostUpdate(t *testing.T, h Harness) {
	const workers, each = 6, 6
	counter := key("p", "counter")
	mustPut(t, h, item(counter, "0"), table.Absent)
	together(workers, func(worker int) {
		for n := range each {
			receipt := key("receipts", fmt.Sprintf("%d-%d", worker, n))
			err := attempt(h, t, func() ([]table.Write, error) {
				add, err := added(h, t, counter, 1)
				return []table.Write{add, table.PutWrite(item(receipt, "x"), table.Absent)}, err
			})
			if err != nil {
				t.Errorf("worker %d: %v", worker, err)
			}
		}
	})
	wantBody(t, h, counter, strconv.Itoa(workers*each))
	if got := len(sortKeys(readAll(t, h, table.Query{PK: "receipts"}))); got != workers*each {
		t.Fatalf("%d receipts for %d updates", got, workers*each)
	}
}

// keptInvariant moves amounts between accounts in opposite directions, which would
// deadlock or tear an engine that locks item by item.
func keptInvariant(t *testing.T, h Harness) {
	const accounts, workers, each = 3, 6, 5
	account := func(i int) table.Key { return key("accounts", strconv.Itoa(i%accounts)) }
	for i := range accounts {
		mustPut(t, h, item(account(i), "100"), table.Absent)
	}
	together(workers, func(worker int) {
		for n := range each {
			err := attempt(h, t, func() ([]table.Write, error) {
				take, err := added(h, t, account(worker), -n)
				if err != nil {
					return nil, err
				}
				give, err := added(h, t, account(worker+1+n%2), n)
				return []table.Write{take, give}, err
			})
			if err != nil {
				t.Errorf("worker %d: %v", worker, err)
			}
		}
	})
	sum := 0
	for _, i := range readAll(t, h, table.Query{PK: "accounts"})[0].Items {
		value, err := strconv.Atoi(string(i.Body))
		if err != nil {
			t.Fatal(err)
		}
		sum += value
	}
	if sum != accounts*100 {
		t.Fatalf("%d in all accounts, want %d", sum, accounts*100)
	}
}
