package operations_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// play is one operation with everybody who does something to it.
type play struct {
	*bench
	*stage
	id      string
	dice    *rand.Rand
	effects func(attempt int) []operations.Effect
	written *witness
	told    string // of errors
}

// task does what a task of an execution does, and again as its state machine would.
func (p *play) task(ctx context.Context, attempt, tries int, work func(context.Context, *operations.Operation) error) error {
	for {
		ctx, o, err := p.ops.Acting(ctx, p.id, attempt)
		if err == nil {
			err = work(ctx, o)
		}
		switch {
		case err == nil || !errs.Transient(err):
			return err
		case workflow.TaskErrorFrom(err).Name == operations.Busy:
			if a, is := ctx.Value(actorKey{}).(*actor); is {
				a.waiting = true
				gate(ctx)
				a.waiting = false
			}
		default:
			if tries--; tries == 0 {
				return err
			}
		}
	}
}

// execute is an execution: all effects and a success, or all undone, or parked.
func (p *play) execute(ctx context.Context, in operations.ExecutionInput) {
	if !in.Compensate && p.make(ctx, in.Attempt) == nil {
		return
	}
	err := p.task(ctx, in.Attempt, 4, func(ctx context.Context, _ *operations.Operation) error {
		_, err := p.ledger.Compensate(ctx, p.id, &operations.Problem{Kind: errs.Invalid, Message: "no"})
		return err
	})
	if err != nil {
		_ = p.task(ctx, in.Attempt, 4, func(ctx context.Context, _ *operations.Operation) error {
			_, err := p.ledger.Park(ctx, p.id)
			return err
		})
	}
}

func (p *play) make(ctx context.Context, attempt int) error {
	begin := func(ctx context.Context, _ *operations.Operation) error { _, err := p.ops.Begin(ctx, p.id); return err }
	if err := p.task(ctx, attempt, 2, begin); err != nil {
		return err
	}
	for _, e := range p.effects(attempt) {
		err := p.task(ctx, attempt, 2, func(ctx context.Context, o *operations.Operation) error {
			if err := p.ops.StepBegins(ctx, p.id, operations.Step{ID: e.ID, Name: e.ID, Shown: e.ID}); err != nil {
				return err
			}
			if _, err := p.ledger.Apply(ctx, o.Ref(), e); err != nil {
				return err
			}
			_, err := p.ops.StepEnds(ctx, p.id, e.ID, operations.StepCompleted, "", nil)
			return err
		})
		if err != nil {
			return err
		}
	}
	return p.task(ctx, attempt, 2, func(ctx context.Context, _ *operations.Operation) error {
		_, err := p.ops.Succeed(ctx, p.id, nil)
		return err
	})
}

// turn lets something happen that the dice decide.
func (p *play) turn(t testing.TB) {
	kind := p.dice.IntN(100)
	if len(p.live) == 0 {
		kind %= 14
	}
	switch {
	case kind < 3:
		p.enter("", func(ctx context.Context) { _, _ = p.ops.Cancel(ctx, p.id) })
	case kind < 7:
		p.enter("", p.retry([]map[string]string{nil, {"s": canary}}[p.dice.IntN(2)]))
	case kind < 9:
		p.enter("", func(ctx context.Context) { _, _ = p.ops.Recover(ctx, 0) })
	case kind < 11: // a task is delivered twice
		names := slices.Sorted(maps.Keys(p.started))
		name := names[p.dice.IntN(len(names))]
		p.enter(name, func(ctx context.Context) { p.execute(ctx, p.started[name]) })
	case kind < 12:
		p.world.keep = []string{"", "somebody works in it"}[p.dice.IntN(2)]
	case len(p.live) == 0:
		p.rest(t, kind == 12)
	default:
		ready := p.ready()
		p.tell(ready[p.dice.IntN(len(ready))], kind > 12) // or it dies
	}
}

// canary is what the operation's secret holds, and what it makes and keeps secret.
const canary = "canary"

func (p *play) retry(secrets map[string]string) func(context.Context) {
	return func(ctx context.Context) {
		if _, err := p.ops.Retry(ctx, p.id, secrets); err != nil {
			p.told += err.Error() + errs.Explain(err)
		}
	}
}

// rest lets a week pass over an operation that has ended, in which somebody may have cleared
// up what it has left.
func (p *play) rest(t testing.TB, cleared bool) {
	o := p.get(t)
	if !o.Status.Ended() {
		return
	}
	for _, e := range p.effects(o.Attempt) {
		if cleared && o.Status == operations.Parked {
			p.world.things[e.Target] = nil
		}
	}
	if !cleared || p.dice.IntN(2) == 0 {
		p.clock.Advance(8 * 24 * time.Hour)
	}
}

// inNeed is a world whose things are made with the secret of their operation, and come with
// one of their own.
type inNeed struct {
	gatedWorld
	play *play
}

func (w inNeed) Do(ctx context.Context, op operations.Ref, e operations.Effect) (json.RawMessage, error) {
	given, err := w.play.ops.Reveal(ctx, op.ID, operations.SecretReference("s"))
	if errors.Is(err, errs.Conflict) && w.play.applying(ctx, op) {
		w.play.told += "an attempt lacks its secret"
	}
	if err != nil || given != canary {
		return nil, err
	}
	made, err := w.gatedWorld.Do(ctx, op, e)
	if err != nil {
		return nil, err
	}
	return made, w.play.ops.KeepSecret(ctx, op.ID, "made", canary)
}

// applying reports whether an attempt may still make something.
func (p *play) applying(ctx context.Context, op operations.Ref) bool {
	_, err := p.table.Get(ctx, table.Key{PK: "OP#" + op.ID, SK: fmt.Sprintf("APPLYING#%d", op.Attempt)})
	return err == nil
}

// ready gives who can go on. Once all wait for leases of the dead, time passes and these
// run out.
func (p *play) ready() []*actor {
	list := slices.DeleteFunc(slices.Clone(p.live), func(a *actor) bool { return a.waiting })
	if len(list) > 0 {
		return list
	}
	p.clock.Advance(2 * time.Minute)
	return p.live
}

// finish lets everybody come to an end, and recovers what was left behind.
func (p *play) finish(t testing.TB) *operations.Operation {
	p.world.fault = nil
	for range 20 {
		for len(p.live) > 0 {
			for _, a := range slices.Clone(p.ready()) {
				p.tell(a, true)
			}
		}
		o := p.get(t)
		if o.Status.Ended() {
			return o
		}
		p.clock.Advance(2 * time.Minute)
		if _, err := p.ops.Recover(as("user:default/ann"), 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("it never ends: %+v", p.get(t))
	return nil
}

func (p *play) get(t testing.TB) *operations.Operation {
	o, err := p.ops.Get(context.Background(), p.id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// check holds the world against the operation's status: complete, clean or parked.
func (p *play) check(t testing.TB) {
	o := p.get(t)
	for _, e := range p.effects(o.Attempt) {
		switch made := len(p.world.things[e.Target]); {
		case made > 1:
			t.Fatalf("%s was made %d times", e.Target, made)
		case o.Status == operations.Succeeded && made == 0:
			t.Fatalf("%s is missing", e.Target)
		case o.Status == operations.Failed && made > 0:
			t.Fatalf("%s is left", e.Target)
		case o.Status == operations.Parked && made > 0 && !p.known(t, e.Target):
			t.Fatalf("%s is left and not in the ledger", e.Target)
		}
	}
}

func (p *play) known(t testing.TB, target string) bool {
	entries, err := p.ops.Ledger(context.Background(), p.id)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(entries, func(e *operations.Entry) bool {
		return e.Target == target && e.State != operations.Compensated
	})
}

// checkEnd holds what an operation leaves in the table when it has ended.
func (p *play) checkEnd(t testing.TB, o *operations.Operation) {
	page, err := p.table.Query(context.Background(), table.Query{PK: "OP#" + p.id})
	if err != nil {
		t.Fatal(err)
	}
	lines, ends := 0, 0
	var sealed []string
	for _, item := range page.Items {
		switch kind, _, _ := strings.Cut(item.SK, "#"); kind {
		case "LINE":
			var l operations.Line
			if err := json.Unmarshal(item.Body, &l); err != nil {
				t.Fatal(err)
			}
			if lines++; l.Seq != lines {
				t.Fatalf("line %d has the number %d", lines, l.Seq)
			}
			if l.Type == operations.LineCompletion {
				ends++
			}
			if l.Type == operations.LineRecovered && l.Seq == o.Lines {
				t.Fatalf("the last line is %+v", l)
			}
		case "RECORD", "EFFECT":
		case "SECRET":
			sealed = append(sealed, strings.TrimPrefix(item.SK, "SECRET#"))
		default:
			t.Fatalf("%s is left", item.SK)
		}
	}
	if lines != o.Lines || ends != o.Attempt+1 {
		t.Fatalf("%d lines of %d, %d ends of %d attempts", lines, o.Lines, ends, o.Attempt+1)
	}
	p.checkSecrets(t, o, sealed)
	_, err = p.table.Get(context.Background(), table.Key{PK: "TARGET#" + o.Target, SK: "HOLDER"})
	if held := err == nil; held == (o.Status == operations.Failed) {
		t.Fatalf("%s, and its target is held: %v", o.Status, held)
	}
}

// checkSecrets holds what is kept sealed against what the record says of it, and looks for
// values where they must not be.
func (p *play) checkSecrets(t testing.TB, o *operations.Operation, sealed []string) {
	kept := o.SealedUntil != nil && p.clock.Now().Before(*o.SealedUntil)
	if named := slices.Sorted(slices.Values(o.Sealed)); kept && !slices.Equal(named, sealed) || o.Status != operations.Parked && len(named)+len(sealed) > 0 {
		t.Fatalf("%s, %v are kept until %v, the record names %v", o.Status, sealed, o.SealedUntil, named)
	}
	for name, in := range p.started {
		p.told += name + fmt.Sprintf("%+v", in)
	}
	if p.told += p.written.all.String(); strings.Contains(p.told, canary) || strings.Contains(p.told, "lacks") {
		t.Fatalf("a secret is known where it must not be, or lacks where it is needed:\n%s", p.told)
	}
	p.written.all.Reset()
}

// unpark brings a parked operation to an end for good, once nothing is in the way: whoever
// retries it finds it complete, whoever cancels it clean.
func (p *play) unpark(t testing.TB) *operations.Operation {
	p.rest(t, p.dice.IntN(2) == 0)
	p.world.keep = ""
	want, call := operations.Failed, func(ctx context.Context) { _, _ = p.ops.Cancel(ctx, p.id) }
	if p.dice.IntN(2) == 0 {
		want, call = operations.Succeeded, p.retry(map[string]string{"s": canary})
	}
	p.enter("", call)
	o := p.finish(t)
	p.check(t)
	p.checkEnd(t, o)
	if o.Status != want {
		t.Fatalf("it is %s and not %s: %+v", o.Status, want, o.Problem)
	}
	return o
}

// newPlay accepts an operation with effects of its own in a world of faults.
func newPlay(t testing.TB, b *bench, written *witness, n int) *play {
	p := &play{bench: b, written: written, stage: &stage{started: map[string]operations.ExecutionInput{}}}
	p.dice = rand.New(rand.NewPCG(uint64(n), 0))
	p.run = p.execute
	changing, faulty := p.dice.IntN(2) == 0, p.dice.IntN(40)
	p.effects = func(attempt int) []operations.Effect {
		var list []operations.Effect
		for i := range 3 {
			e := thing(fmt.Sprintf("%d/%d", n, i))
			e.Params = json.RawMessage(`1`)
			if changing && i == 1 {
				e.Params = json.RawMessage(fmt.Sprint(attempt))
			}
			list = append(list, e)
		}
		return list
	}
	b.world.calls, b.world.keep = nil, ""
	b.world.fault = p.faults(faulty)
	d := b.deps
	d.Workflow, d.Executions = p, p
	ops, err := operations.New(d)
	if err != nil {
		t.Fatal(err)
	}
	own := *b
	p.bench = &own
	p.ops = ops
	p.ledger, err = operations.NewLedger(operations.LedgerConfig{
		Operations: ops, Performers: map[string]operations.Performer{"thing": inNeed{gatedWorld{b.world}, p}}, Log: logging.Discard(), Owner: "process", Attempt: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.accept(t, n)
	return p
}

// faults makes a part of the calls to the world fail, in percent.
func (p *play) faults(percent int) func(int) moment {
	struck := map[int]moment{}
	return func(call int) moment {
		if _, decided := struck[call]; !decided && p.dice.IntN(100) < percent {
			struck[call] = []moment{beforeEffect, afterEffect}[p.dice.IntN(2)]
		} else if !decided {
			struck[call] = noFault
		}
		return struck[call]
	}
}

func (p *play) accept(t testing.TB, n int) {
	o, err := p.ops.Accept(as("user:default/ann"), operations.Request{
		Type: "thing.make", Input: json.RawMessage(fmt.Sprintf(`"component:default/p%d"`, n)), Secrets: map[string]string{"s": canary},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.id = o.ID
}

// plays is how many plays are given; each is decided by its number.
var plays = flag.Int("plays", 40, "how many plays of operations are given")

// However makers, cancellers, retriers and recoverers get between each other's steps, with
// whatever faults and deaths: an operation ends complete, clean or parked, and whenever it
// counts as one of these, it is.
func TestHoweverTheyGetBetweenEachOtherItEndsCompleteOrClean(t *testing.T) {
	t.Parallel()
	written := &witness{}
	b := newBenchOn(t, func(stored table.Table) table.Table {
		written.Table = stored
		return gatedTable{written}
	})
	ended, attempts := map[operations.Status]int{}, 0
	for n := range *plays {
		p := newPlay(t, b, written, n)
		for range 120 {
			p.turn(t)
			p.check(t)
		}
		o := p.finish(t)
		p.check(t)
		p.checkEnd(t, o)
		ended[o.Status]++
		if o.Status == operations.Parked {
			o = p.unpark(t)
		}
		attempts += o.Attempt + 1
	}
	t.Logf("%d plays of %d attempts ended %v", *plays, attempts, ended)
	for _, status := range []operations.Status{operations.Succeeded, operations.Failed, operations.Parked} {
		if ended[status] == 0 {
			t.Errorf("none ended %s", status)
		}
	}
}
