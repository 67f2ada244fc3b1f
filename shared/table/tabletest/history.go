package tabletest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// The operations of a history, on one key each.
type histOp struct {
	kind string // "get", "put", "delete"
	key  int
	cond table.Condition
	body string
}

// What the table answered: the item after a put or as read by a get.
type histResult struct {
	conflict bool
	cell     cell
}

// cell is the state of one key; its zero value is an absent item.
type cell struct{ revision, body string }

// checkTime is how long the checker may look for an order.
const checkTime = 20 * time.Second

// linearizable records what clients see of a few contended keys and asks whether some
// order of the calls, each between its start and its end, explains all answers.
func linearizable(t *testing.T, h Harness) {
	const clients, each, keys = 6, 40, 2
	recorder := &recorder{table: h.Table}
	seed := rand.Uint64()
	together(clients, func(client int) {
		r := rand.New(rand.NewPCG(seed, uint64(client)))
		seen := make([]string, keys) // the revision this client saw last
		for n := range each {
			op := randomOp(r, seen, fmt.Sprintf("%d-%d", client, n))
			result, err := recorder.do(t.Context(), client, op)
			if err != nil {
				t.Errorf("client %d: %v", client, err)
				return
			}
			if !result.conflict {
				seen[op.key] = result.cell.revision
			}
		}
	})
	model := porcupine.Model{
		Partition: byKey,
		Init:      func() any { return cell{} },
		Step:      histStep,
	}
	if got := porcupine.CheckOperationsTimeout(model, recorder.history, checkTime); got != porcupine.Ok {
		t.Fatalf("the history of seed %d is %s: %+v", seed, got, recorder.history)
	}
}

func randomOp(r *rand.Rand, seen []string, body string) histOp {
	op := histOp{key: r.IntN(len(seen)), body: body}
	op.kind = []string{"get", "put", "put", "delete"}[r.IntN(4)]
	if op.kind != "get" {
		op.cond = []table.Condition{
			table.Always, table.Absent, table.Present, table.AtRevision(seen[op.key]), table.AtRevision(seen[op.key]),
		}[r.IntN(5)]
	}
	return op
}

type recorder struct {
	table table.Table
	tick  atomic.Int64 // orders starts and ends

	mu      sync.Mutex
	history []porcupine.Operation
}

func (r *recorder) do(ctx context.Context, client int, op histOp) (histResult, error) {
	start := r.tick.Add(1)
	result, err := call(ctx, r.table, op)
	end := r.tick.Add(1)
	if errors.Is(err, errs.RateLimited) { // nothing happened
		return histResult{conflict: true}, nil
	}
	if err != nil {
		return result, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history = append(r.history, porcupine.Operation{ClientId: client, Input: op, Call: start, Output: result, Return: end})
	return result, nil
}

func call(ctx context.Context, tab table.Table, op histOp) (histResult, error) {
	k := key("p", fmt.Sprint(op.key))
	var result histResult
	var err error
	switch op.kind {
	case "get":
		var i table.Item
		if i, err = tab.Get(ctx, k); errors.Is(err, errs.NotFound) {
			return histResult{}, nil
		}
		result.cell = cell{revision: i.Revision, body: string(i.Body)}
	case "put":
		var revision string
		revision, err = tab.Put(ctx, item(k, op.body), op.cond)
		result.cell = cell{revision: revision, body: op.body}
	case "delete":
		err = tab.Delete(ctx, k, op.cond)
	}
	if _, failed := table.FailedCondition(err); failed {
		return histResult{conflict: true}, nil
	}
	return result, err
}

func histStep(state, input, output any) (bool, any) {
	now, op, result := state.(cell), input.(histOp), output.(histResult)
	if op.kind == "get" {
		return result.cell == now, now
	}
	holds := true
	revision, pinned := op.cond.Revision()
	switch {
	case op.cond.IsAbsent():
		holds = now == cell{}
	case op.cond.IsPresent():
		holds = now != cell{}
	case pinned:
		holds = now != cell{} && now.revision == revision
	}
	if result.conflict {
		return !holds, now
	}
	return holds, result.cell
}

func byKey(history []porcupine.Operation) [][]porcupine.Operation {
	byKey := map[int][]porcupine.Operation{}
	for _, op := range history {
		k := op.Input.(histOp).key
		byKey[k] = append(byKey[k], op)
	}
	var parts [][]porcupine.Operation
	for _, part := range byKey {
		parts = append(parts, part)
	}
	return parts
}
