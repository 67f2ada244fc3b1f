package view_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/catalog/predicate"
	"github.com/slipwayhq/slipway/shared/catalog/snapshot"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/test/inmemory"
)

// The shape of a recorded history. SLIPWAY_HISTORY is the number of operations.
const (
	historyClients = 16
	historyKeys    = 40
	historyViews   = 4
	usualHistory   = 4000
	checkTime      = 2 * time.Minute
)

// Whatever several instances answer while others write, with answers lost, tables that
// throttle, instances that start in the middle and snapshots written all the time, is what
// one register per entity could have answered.
func TestHistoriesAreLinearizable(t *testing.T) {
	t.Parallel()
	total := usualHistory
	if n, err := strconv.Atoi(os.Getenv("SLIPWAY_HISTORY")); err == nil {
		total = n
	}
	f := newFleet(t)
	var wg sync.WaitGroup
	for client := range historyClients {
		wg.Go(func() { f.run(t, client, total/historyClients) })
	}
	wg.Wait()
	model := porcupine.Model{Partition: byRef, Init: func() any { return "" }, Step: registerStep}
	if got := porcupine.CheckOperationsTimeout(model, f.history, checkTime); got != porcupine.Ok {
		t.Fatalf("the history of seed %d is %s", f.seed, got)
	}
	t.Logf("%d operations, %d of unknown outcome, %d failed, %d snapshots, %d instances: linearizable", len(f.history), f.unknown, f.failed, f.snapshots.Load(), f.born.Load())
	if f.failed == 0 || f.snapshots.Load() == 0 {
		t.Error("nothing went wrong, or no snapshot was written: this shows little")
	}
}

// fleet is several instances over one table and one blob store.
type fleet struct {
	seed      uint64
	log       *changelog.Log // writes, through faults
	table     table.Table    // the same, for the items that say which write was the last
	newView   func() (*view.View, error)
	views     [historyViews]atomic.Pointer[view.View]
	tick      atomic.Int64
	snapshots atomic.Int64
	born      atomic.Int64

	mu      sync.Mutex // guards the rest
	history []porcupine.Operation
	unknown int
	failed  int
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	dir := inmemory.Dir(t)
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(dir, "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	stored, err := file.Table("catalog")
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := dirblob.Open(dirblob.Config{Dir: filepath.Join(dir, "blobs")})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := snapshot.New(snapshot.Config{Blobs: blobs, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{seed: rand.Uint64()}
	faulty := &flaky{Table: stored, random: rand.New(rand.NewPCG(f.seed, 0))}
	f.table = faulty
	if f.log, err = changelog.New(changelog.Config{Table: faulty, Clock: clock.System{}, IDs: ids.Random{}}); err != nil {
		t.Fatal(err)
	}
	f.newView = func() (*view.View, error) {
		f.born.Add(1)
		return view.New(view.Deps{Log: f.log, Snapshots: kept, Clock: clock.System{}, Logger: logging.Discard()})
	}
	for i := range f.views {
		v, err := f.newView()
		if err != nil {
			t.Fatal(err)
		}
		f.views[i].Store(v)
	}
	return f
}

// flaky fails some calls, before or after they took effect.
type flaky struct {
	table.Table

	mu     sync.Mutex
	random *rand.Rand
}

func (f *flaky) roll() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.random.IntN(100)
}

func (f *flaky) Transact(ctx context.Context, writes []table.Write) error {
	switch f.roll() {
	case 0, 1:
		return errs.New(errs.RateLimited, "slow down")
	case 2, 3:
		return errs.New(errs.Unavailable, "no connection")
	case 4, 5:
		return errors.Join(f.Table.Transact(ctx, writes), errs.New(errs.Unavailable, "the answer was lost"))
	}
	return f.Table.Transact(ctx, writes)
}

func (f *flaky) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if f.roll() == 0 {
		return table.Page{}, errs.New(errs.Unavailable, "no connection")
	}
	return f.Table.Query(ctx, q)
}

func (f *fleet) run(t *testing.T, client, operations int) {
	r := rand.New(rand.NewPCG(f.seed, uint64(client)+1))
	for n := range operations {
		ref := fmt.Sprintf("e%02d", r.IntN(historyKeys))
		id := fmt.Sprintf("%d-%d", client, n)
		switch roll := r.IntN(100); {
		case roll < 25:
			f.record(client, registerOp{ref: ref, write: true, id: id, value: id})
		case roll < 30:
			f.record(client, registerOp{ref: ref, write: true, id: id})
		case roll < 31:
			f.compact(t, r.IntN(historyViews))
		case roll < 32:
			v, err := f.newView()
			if err != nil {
				t.Error(err)
				return
			}
			f.views[r.IntN(historyViews)].Store(v)
		default:
			f.record(client, registerOp{ref: ref, how: r.IntN(3), view: r.IntN(historyViews)})
		}
	}
}

func (f *fleet) compact(t *testing.T, which int) {
	wrote, err := f.views[which].Load().Compact(context.Background())
	if wrote {
		f.snapshots.Add(1)
	}
	if err != nil && !errors.Is(err, errs.Unavailable) {
		t.Error(err)
	}
}

// registerOp is a read or a write of one entity's description; "" stands for no entity.
type registerOp struct {
	ref, value string
	id         string // of a write
	write      bool
	how, view  int // reads: the question, the instance
}

func (f *fleet) record(client int, op registerOp) {
	start := f.tick.Add(1)
	value, err := f.do(op)
	end := f.tick.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		if !op.write || errors.Is(err, errNotWritten) {
			f.failed++
			return // that says nothing
		}
		f.unknown++
		end = 1 << 60 // it may take effect at any time from its start, or never
	}
	f.history = append(f.history, porcupine.Operation{ClientId: client, Input: op, Call: start, Output: value, Return: end})
}

func (f *fleet) do(op registerOp) (string, error) {
	ctx := context.Background()
	if !op.write {
		return f.ask(ctx, op)
	}
	return op.value, f.write(ctx, op)
}

// errNotWritten is about a write that has not taken effect and will not.
var errNotWritten = errors.New("not written")

// write changes one entity the way ingestion does: together with an item that says which
// write was the last, on condition that this has not moved. Without that a write that is
// repeated because its answer was lost could undo a later one.
func (f *fleet) write(ctx context.Context, op registerOp) error {
	e := component(op.ref).With("description", op.value)
	in := changelog.Intent{Ref: e.Ref().String(), Wish: changelog.Keep, Entity: &e, Origin: changelog.Origin{Owner: "test", Commit: op.id}}
	if op.value == "" {
		in = changelog.Intent{Ref: in.Ref, Wish: changelog.Remove, Origin: in.Origin}
	}
	key := table.Key{PK: "LAST", SK: op.ref}
	condition := table.Absent
	last, err := f.table.Get(ctx, key)
	switch {
	case err == nil:
		condition = table.AtRevision(last.Revision)
	case !errors.Is(err, errs.NotFound):
		return errNotWritten
	}
	_, err = f.log.Apply(ctx, []changelog.Intent{in}, []table.Write{table.PutWrite(table.Item{Key: key, Body: []byte(op.id)}, condition)})
	if err == nil {
		return nil
	}
	return f.found(ctx, in.Ref, op.id, err)
}

// found looks for a write whose outcome is not known: in the item, then in the history.
func (f *fleet) found(ctx context.Context, ref, id string, cause error) error {
	last, err := f.table.Get(ctx, table.Key{PK: "LAST", SK: strings.TrimPrefix(ref, "component:default/")})
	if err == nil && string(last.Body) == id {
		return nil
	}
	changes, err := f.log.History(ctx, ref, 0, 1000)
	if err != nil {
		return errors.Join(cause, err)
	}
	for _, c := range changes {
		if c.Origin.Commit == id {
			return nil
		}
	}
	return errNotWritten
}

func (f *fleet) ask(ctx context.Context, op registerOp) (string, error) {
	v := f.views[op.view].Load()
	ref := "component:default/" + op.ref
	var d index.Document
	var err error
	switch op.how {
	case 0:
		d, err = v.ByRef(ctx, ref)
	case 1:
		var docs []index.Document
		if docs, err = v.ByRefs(ctx, []string{ref}, nil); err == nil {
			d = docs[0]
		}
	default:
		var page index.Page
		page, err = v.Query(ctx, index.Query{Where: predicate.Equals{Key: "metadata.name", Values: []string{op.ref}}, Limit: 1})
		if len(page.Items) > 0 {
			d = page.Items[0]
		}
	}
	if err != nil || !d.Found() {
		return "", err
	}
	e, err := d.Entity()
	return descriptionOf(e), err
}

func descriptionOf(e entity.Entity) string {
	s, _ := e.Metadata["description"].(string)
	return s
}

func registerStep(state, input, output any) (bool, any) {
	if op := input.(registerOp); op.write {
		return true, op.value
	}
	return output == state, state
}

func byRef(history []porcupine.Operation) [][]porcupine.Operation {
	byRef := map[string][]porcupine.Operation{}
	for _, op := range history {
		ref := op.Input.(registerOp).ref
		byRef[ref] = append(byRef[ref], op)
	}
	var parts [][]porcupine.Operation
	for _, part := range byRef {
		parts = append(parts, part)
	}
	return parts
}
