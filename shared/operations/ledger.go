package operations

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Busy is the error name of a task that has to wait for an earlier attempt's lease to run
// out. State machines wait longer for it than for what is merely Unavailable, of which it
// is a case: the attempt may have died with a lease of minutes.
const Busy = "Slipway.Busy"

var errBusy = &workflow.TaskError{
	Name: Busy, Cause: "an earlier attempt may still be acting",
	Err: errs.New(errs.Unavailable, "an earlier attempt may still be acting"),
}

// LedgerConfig is what a Ledger needs.
type LedgerConfig struct {
	Operations *Service
	Performers map[string]Performer // by effect kind
	Log        *slog.Logger
	// Owner names this process; a new one for each start.
	Owner string
	// SoleOwner says that no other process can be acting, because this one holds the
	// only lock: leases of earlier processes are void.
	SoleOwner bool
	// Attempt is how long one attempt may act when its context has no deadline.
	Attempt time.Duration
	// Settle is how long to wait before looking a second time for an effect whose
	// outcome is unknown, before it is taken as never having happened.
	Settle time.Duration
}

// Ledger makes effects at most once in effect and undoes them. It writes what it intends
// before it acts, and what came of it after.
type Ledger struct {
	cfg LedgerConfig
	ops *Service
}

// NewLedger makes a ledger.
func NewLedger(c LedgerConfig) (*Ledger, error) {
	if c.Operations == nil || c.Log == nil || c.Owner == "" || c.Attempt <= 0 || len(c.Performers) == 0 {
		return nil, errors.New("the ledger needs operations, performers, a log, an owner and the length of an attempt")
	}
	return &Ledger{cfg: c, ops: c.Operations}, nil
}

// Apply makes an effect and gives its result: at once when the ledger says it is done, by
// finding the mark of an earlier attempt when the outcome of that one is unknown, else by
// doing it. What an earlier attempt of the operation has done, it looks for once, and makes
// it anew when somebody has removed it since. Conflict when the operation is not running any more. Unavailable when another
// attempt may still be acting.
func (l *Ledger) Apply(ctx context.Context, op Ref, e Effect) (json.RawMessage, error) {
	p, err := l.performer(e.Kind)
	if err != nil {
		return nil, err
	}
	entry, first, err := l.claim(ctx, p, op, e)
	if err != nil {
		return nil, err
	}
	if entry.State == Done {
		return entry.Result, nil
	}
	bounded, cancel := l.whileLeased(ctx, entry)
	defer cancel()
	result, err := l.perform(bounded, p, op, entry, first)
	if err != nil {
		l.release(ctx, op, entry)
		return nil, fmt.Errorf("%s %s: %w", e.Kind, e.Target, err)
	}
	return result, l.recordDone(ctx, op, entry, result)
}

func (l *Ledger) performer(kind string) (Performer, error) {
	p := l.cfg.Performers[kind]
	if p == nil {
		return nil, errs.New(errs.Internal, fmt.Sprintf("nothing performs effects of kind %q", kind))
	}
	return p, nil
}

// perform makes the effect unless an earlier attempt did.
func (l *Ledger) perform(ctx context.Context, p Performer, op Ref, entry *Entry, first bool) (json.RawMessage, error) {
	if !first {
		result, err := l.look(ctx, p, op, entry)
		if !errors.Is(err, errs.NotFound) {
			return result, err
		}
	}
	result, err := p.Do(ctx, op, entry.Effect)
	if !errors.Is(err, errs.Conflict) {
		return result, err
	}
	found, findErr := p.Find(ctx, op, entry.Effect)
	if errors.Is(findErr, errs.NotFound) {
		return nil, err
	}
	return found, findErr
}

// claim writes the intent, or takes over an entry whose attempt is over. The second
// result says that this is the first attempt.
func (l *Ledger) claim(ctx context.Context, p Performer, op Ref, e Effect) (*Entry, bool, error) {
	entries, err := l.ops.Ledger(ctx, op.ID)
	if err != nil {
		return nil, false, err
	}
	i := slices.IndexFunc(entries, func(entry *Entry) bool { return entry.ID == e.ID })
	if i < 0 {
		entry, err := l.intend(ctx, op, Entry{Effect: e, Seq: len(entries) + 1}, table.Absent)
		return entry, true, err
	}
	entry := entries[i]
	if err := l.withdraw(ctx, op, entry, e); err != nil {
		return nil, false, err
	}
	over := entry.State == Compensated // in an earlier attempt of the operation
	if entry.State == Done && !entry.Undoing {
		there, err := l.confirm(ctx, p, op, entry)
		if there || err != nil {
			return entry, false, err
		}
		over = true
	}
	if over {
		again, err := l.intend(ctx, op, Entry{Effect: e, Seq: entry.Seq}, table.AtRevision(entry.revision))
		return again, true, err
	}
	return entry, false, l.takeOver(ctx, op, entry)
}

// confirm looks for what an earlier attempt of the operation has done, which may have been
// days ago. What somebody has worked on since counts as there. Nobody else may look at the
// same time: looking may remove what is of no use.
func (l *Ledger) confirm(ctx context.Context, p Performer, op Ref, entry *Entry) (there bool, err error) {
	if entry.Attempt == op.Attempt {
		return true, nil
	}
	if l.busy(entry.Lease) {
		return false, errBusy
	}
	entry.Lease = l.lease(ctx)
	if err := l.write(ctx, op, entry, table.AtRevision(entry.revision), stillApplying(op)); err != nil {
		return false, err
	}
	bounded, cancel := l.whileLeased(ctx, entry)
	defer cancel()
	switch _, err = p.Find(bounded, op, entry.Effect); {
	case errors.Is(err, errs.NotFound):
		return false, nil
	case err == nil, errors.Is(err, errs.Conflict):
		entry.Attempt, err = op.Attempt, nil
	}
	l.release(ctx, op, entry)
	return err == nil, err
}

// whileLeased gives an attempt a context that ends with its lease, so that the next one
// never runs beside it.
func (l *Ledger) whileLeased(ctx context.Context, entry *Entry) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, entry.Lease.Until.Sub(l.ops.clock.Now()))
}

// intend writes that an effect is about to be made for the first time in this attempt of
// the operation.
func (l *Ledger) intend(ctx context.Context, op Ref, entry Entry, cond table.Condition) (*Entry, error) {
	entry.State, entry.Attempts, entry.Attempt = Intended, 1, op.Attempt
	entry.Intended, entry.Lease = l.ops.clock.Now(), l.lease(ctx)
	return &entry, l.write(ctx, op, &entry, cond, stillApplying(op))
}

// withdraw undoes what an earlier attempt of the operation left in the place of an effect
// that is to be another one now.
func (l *Ledger) withdraw(ctx context.Context, op Ref, entry *Entry, e Effect) error {
	if entry.Attempt == op.Attempt || entry.State == Compensated || entry.Effect.same(e) {
		return nil
	}
	left, err := l.undo(ctx, op, entry, stillApplying(op))
	if left != "" {
		return errs.New(errs.Conflict, "an earlier attempt left "+left)
	}
	return err
}

func (l *Ledger) takeOver(ctx context.Context, op Ref, entry *Entry) error {
	if l.busy(entry.Lease) {
		return errBusy
	}
	entry.Attempts++
	entry.State, entry.Undoing, entry.Lease = Intended, false, l.lease(ctx)
	return l.write(ctx, op, entry, table.AtRevision(entry.revision), stillApplying(op))
}

func (l *Ledger) busy(lease *Lease) bool {
	if lease == nil || !l.ops.clock.Now().Before(lease.Until) {
		return false
	}
	return !l.cfg.SoleOwner || lease.Owner == l.cfg.Owner
}

func (l *Ledger) lease(ctx context.Context) *Lease {
	until := l.ops.clock.Now().Add(l.cfg.Attempt)
	if d, ok := ctx.Deadline(); ok && d.Before(until) {
		until = d
	}
	return &Lease{Owner: l.cfg.Owner, Until: until.UTC()}
}

// stillApplying makes a write depend on the operation's attempt not being undone.
func stillApplying(op Ref) table.Write {
	return table.CheckWrite(applyingKey(op.ID, op.Attempt), table.Present)
}

// stillUndoing makes a write depend on the operation's attempt being undone.
func stillUndoing(op Ref) table.Write {
	return table.CheckWrite(undoingKey(op.ID, op.Attempt), table.Present)
}

// release lets the next attempt start at once. If it can't be written the lease runs out
// by itself.
func (l *Ledger) release(ctx context.Context, op Ref, entry *Entry) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	entry.Lease = nil
	if err := l.write(ctx, op, entry, table.AtRevision(entry.revision)); err != nil {
		l.cfg.Log.WarnContext(ctx, "the lease of an effect runs out by itself", "effect", entry.ID, "error", err)
	}
}

func (l *Ledger) recordDone(ctx context.Context, op Ref, entry *Entry, result json.RawMessage) error {
	now := l.ops.clock.Now()
	entry.State, entry.Result, entry.Done, entry.Lease = Done, result, &now, nil
	event, err := l.ops.events.Emit(ctx, EventEffectDone, op.Target, effectData(op, entry.Effect))
	if err != nil {
		return err
	}
	return l.write(ctx, op, entry, table.AtRevision(entry.revision), event)
}

// write stores an entry under a condition, together with others, and reads back the
// revision it then has.
func (l *Ledger) write(ctx context.Context, op Ref, entry *Entry, cond table.Condition, others ...table.Write) error {
	body, err := json.Marshal(entry)
	if err != nil {
		return errs.Wrap(errs.Internal, "a ledger entry can't be written as JSON", err)
	}
	key := effectKey(op.ID, entry.Seq, entry.ID)
	err = l.ops.table.Transact(ctx, append([]table.Write{table.PutWrite(table.Item{Key: key, Body: body}, cond)}, others...))
	if i, refused := table.FailedCondition(err); refused {
		return refusal(i)
	}
	if err != nil {
		return fmt.Errorf("writing the ledger entry %s: %w", entry.ID, err)
	}
	item, err := l.ops.table.Get(ctx, key)
	if err != nil {
		return fmt.Errorf("reading the ledger entry %s: %w", entry.ID, err)
	}
	if !bytes.Equal(item.Body, body) { // this attempt slept for longer than its lease
		return refusal(0)
	}
	entry.revision = item.Revision
	return nil
}

// errNotApplying refuses what an operation must not do any more.
var errNotApplying = errs.New(errs.Conflict, "the operation is being undone or has ended")

func refusal(write int) error {
	if write == 0 {
		return errs.New(errs.Unavailable, "another attempt at the effect was faster")
	}
	return errNotApplying
}

// Ledger gives the ledger of an operation in order of intent.
func (s *Service) Ledger(ctx context.Context, opID string) ([]*Entry, error) {
	var list []*Entry
	q := table.Query{PK: recordKey(opID).PK, Prefix: effectPrefix}
	for {
		page, err := s.table.Query(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("reading the ledger of %s: %w", opID, err)
		}
		for _, item := range page.Items {
			var e Entry
			if err := json.Unmarshal(item.Body, &e); err != nil {
				return nil, errs.Wrap(errs.Internal, "the ledger entry "+strings.TrimPrefix(item.SK, effectPrefix)+" is damaged", err)
			}
			e.revision = item.Revision
			list = append(list, &e)
		}
		if page.Next == "" {
			return list, nil
		}
		q.After = page.Next
	}
}
