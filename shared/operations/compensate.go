package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// Compensate undoes what an operation made, newest effect first, and ends it: Failed when
// nothing is left, Parked when something must not be removed. It can be called again at
// any point. An error other than that asks for another call later; the operation then
// stays Compensating.
func (l *Ledger) Compensate(ctx context.Context, id string, cause *Problem) (*Operation, error) {
	if cause == nil {
		return nil, errs.New(errs.Internal, "an operation is not undone without a cause")
	}
	o, err := l.ops.compensating(ctx, id, cause)
	if err != nil || o.Status.Ended() {
		return o, err
	}
	entries, err := l.ops.Ledger(ctx, id)
	if err != nil {
		return nil, err
	}
	var left []string
	for i := len(entries) - 1; i >= 0; i-- {
		reason, err := l.undo(ctx, o.Ref(), entries[i], stillUndoing(o.Ref()))
		if err != nil {
			return nil, fmt.Errorf("undoing %s %s: %w", entries[i].Kind, entries[i].Target, err)
		}
		if reason != "" {
			left = append(left, reason)
		}
	}
	if len(left) > 0 {
		return l.ops.parked(ctx, id, left)
	}
	return l.ops.failed(ctx, id)
}

// undo undoes one effect, as long as a condition holds when it begins. The text says why
// it had to be left. Like making it, undoing it is leased: nobody makes it anew while an
// attempt may still be removing it.
func (l *Ledger) undo(ctx context.Context, op Ref, entry *Entry, while table.Write) (left string, err error) {
	if entry.State == Compensated {
		return "", nil
	}
	p, err := l.performer(entry.Kind)
	if err != nil {
		return "", err
	}
	if l.busy(entry.Lease) {
		return "", errBusy
	}
	entry.Lease, entry.Undoing = l.lease(ctx), true
	if err := l.write(ctx, op, entry, table.AtRevision(entry.revision), while); err != nil {
		return "", err
	}
	bounded, cancel := l.whileLeased(ctx, entry)
	defer cancel()
	existed, err := l.remove(bounded, p, op, entry)
	if err == nil {
		return "", l.recordUndone(ctx, op, entry, existed)
	}
	kept := errors.Is(err, errs.Conflict)
	if entry.Undoing = !kept; !kept {
		l.hindered(ctx, op, entry, errs.Explain(err))
	}
	l.release(ctx, op, entry)
	if kept {
		return fmt.Sprintf("%s %s: %s", entry.Kind, entry.Target, errs.Message(err)), nil
	}
	return "", err
}

// hindered notes what keeps an effect from being undone, and tells whoever follows the
// operation when it is something new: trying again may take hours.
func (l *Ledger) hindered(ctx context.Context, op Ref, entry *Entry, why string) {
	if entry.Hindrance == why {
		return
	}
	entry.Hindrance = why
	l.say(ctx, op, fmt.Sprintf("Undoing %s %s has to wait: %s", entry.Kind, entry.Target, why))
}

// say adds a line to the operation's log, which nothing depends on.
func (l *Ledger) say(ctx context.Context, op Ref, line string) {
	if err := l.ops.Say(ctx, op.ID, "", line); err != nil {
		l.cfg.Log.WarnContext(ctx, "a line is missing from the log of an operation", "error", err)
	}
}

// remove removes what an effect made, if it made something. Conflict when it must stay.
func (l *Ledger) remove(ctx context.Context, p Performer, op Ref, entry *Entry) (existed bool, err error) {
	result, exists, err := l.outcome(ctx, p, op, entry)
	if err != nil || !exists {
		return false, err
	}
	if entry.Hindrance == "" { // or it has been said before
		l.say(ctx, op, fmt.Sprintf("Undoing %s %s", entry.Kind, entry.Target))
	}
	return true, p.Undo(ctx, op, entry.Effect, result)
}

// outcome finds out whether an effect happened.
func (l *Ledger) outcome(ctx context.Context, p Performer, op Ref, entry *Entry) (json.RawMessage, bool, error) {
	if entry.State == Done {
		return entry.Result, true, nil
	}
	result, err := l.look(ctx, p, op, entry)
	switch {
	case err == nil:
		return result, true, nil
	case errors.Is(err, errs.Conflict), errors.Is(err, errs.NotFound): // not there, or somebody else's
		return nil, false, nil
	}
	return nil, false, err
}

// look looks for an effect that was only intended: twice before it is NotFound, with time
// in between for a request that was on its way when its sender gave up or died.
func (l *Ledger) look(ctx context.Context, p Performer, op Ref, entry *Entry) (json.RawMessage, error) {
	result, err := p.Find(ctx, op, entry.Effect)
	if !errors.Is(err, errs.NotFound) {
		return result, err
	}
	if err := l.ops.clock.Sleep(ctx, l.cfg.Settle); err != nil {
		return nil, err
	}
	return p.Find(ctx, op, entry.Effect)
}

func (l *Ledger) recordUndone(ctx context.Context, op Ref, entry *Entry, existed bool) error {
	now := l.ops.clock.Now()
	entry.State, entry.Undone, entry.Lease, entry.Undoing, entry.Hindrance = Compensated, &now, nil, false, ""
	var others []table.Write
	if existed {
		event, err := l.ops.events.Emit(ctx, EventEffectUndone, op.Target, effectData(op, entry.Effect))
		if err != nil {
			return err
		}
		others = append(others, event)
	}
	return l.write(ctx, op, entry, table.AtRevision(entry.revision), others...)
}

// Park ends an operation whose undoing could not be finished: what the ledger still holds
// is named for a person.
func (l *Ledger) Park(ctx context.Context, id string) (*Operation, error) {
	entries, err := l.ops.Ledger(ctx, id)
	if err != nil {
		return nil, err
	}
	var left []string
	for _, e := range entries {
		if e.State != Compensated {
			left = append(left, strings.TrimSuffix(fmt.Sprintf("%s %s: could not be undone: %s", e.Kind, e.Target, e.Hindrance), ": "))
		}
	}
	return l.ops.parked(ctx, id, left)
}
