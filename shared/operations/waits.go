package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// waitLife is how long the record of a wait outlives its start.
const waitLife = 14 * 24 * time.Hour

// maxKeys is how many events a task can wait for: they are recorded in one transaction.
const maxKeys = 50

// Waits records which task waits for which outside events, so that whoever hears of one
// can wake the task. Kind and key name an event, for example "gitlab.pipeline" and "17/203".
type Waits struct {
	Table table.Table
	Clock clock.Clock
}

// Waiter is who waits for an event.
type Waiter struct {
	OperationID string `json:"operationId"`
	Attempt     int    `json:"attempt,omitempty"` // the operation's
	Token       string `json:"token"`             // of the newest task that waits
	// Keys names all events of the kind that the task waits for.
	Keys []string `json:"keys"`
}

// Wait records that the task behind who.Token waits for all of who.Keys, one to maxKeys of
// them; a later call for the same event replaces the token. The caller looks at the truth
// itself once after this, because events may have happened before. Conflict when the operation is being undone or has ended:
// whoever cancels one sees the token, or the task does not wait.
func (w Waits) Wait(ctx context.Context, kind string, who Waiter) error {
	if len(who.Keys) == 0 || len(who.Keys) > maxKeys {
		return errs.New(errs.Invalid, fmt.Sprintf("a task waits for 1 to %d events, not %d", maxKeys, len(who.Keys)))
	}
	body, err := json.Marshal(who)
	if err != nil {
		return errs.Wrap(errs.Internal, "a wait can't be written as JSON", err)
	}
	expires := w.Clock.Now().Add(waitLife)
	writes := []table.Write{
		table.PutWrite(table.Item{Key: waitingKey(who.OperationID), Body: []byte(who.Token), Expires: expires}, table.Always),
		table.CheckWrite(applyingKey(who.OperationID, who.Attempt), table.Present),
	}
	for _, key := range who.Keys {
		writes = append(writes, table.PutWrite(table.Item{Key: waitKey(kind, key), Body: body, Expires: expires}, table.Always))
	}
	err = w.Table.Transact(ctx, writes)
	if _, over := table.FailedCondition(err); over {
		return errNotApplying
	}
	if err != nil {
		return fmt.Errorf("recording the wait for %s %s: %w", kind, strings.Join(who.Keys, ", "), err)
	}
	return nil
}

// Waiting gives who waits for an event, and false when nobody does.
func (w Waits) Waiting(ctx context.Context, kind, key string) (Waiter, bool, error) {
	who, _, err := w.read(ctx, kind, key)
	if errors.Is(err, errs.NotFound) {
		return Waiter{}, false, nil
	}
	return who, err == nil, err
}

// read gives who waits for an event, with the revision of the record; NotFound for nobody.
func (w Waits) read(ctx context.Context, kind, key string) (who Waiter, revision string, err error) {
	item, err := w.Table.Get(ctx, waitKey(kind, key))
	if err != nil {
		return Waiter{}, "", fmt.Errorf("looking for who waits for %s %s: %w", kind, key, err)
	}
	if err := json.Unmarshal(item.Body, &who); err != nil {
		return Waiter{}, "", errs.Wrap(errs.Internal, "the record of a wait is damaged", err)
	}
	if len(who.Keys) == 0 { // recorded when a task could wait for one event only
		who.Keys = []string{key}
	}
	return who, item.Revision, nil
}

// Keys gives the keys of all events of a kind that somebody waits for.
func (w Waits) Keys(ctx context.Context, kind string) ([]string, error) {
	var keys []string
	q := table.Query{PK: waitKey(kind, "").PK}
	for {
		page, err := w.Table.Query(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("listing the waits for %s: %w", kind, err)
		}
		for _, item := range page.Items {
			keys = append(keys, item.SK)
		}
		if page.Next == "" {
			return keys, nil
		}
		q.After = page.Next
	}
}

// Over removes the records of a task's wait, but for those in which another task has taken
// its place since.
func (w Waits) Over(ctx context.Context, kind string, who Waiter) error {
	for _, key := range who.Keys {
		now, revision, err := w.read(ctx, kind, key)
		if errors.Is(err, errs.NotFound) || err == nil && now.Token != who.Token {
			continue
		}
		if err != nil {
			return err
		}
		err = w.Table.Delete(ctx, waitKey(kind, key), table.AtRevision(revision))
		if _, replaced := table.FailedCondition(err); err != nil && !replaced {
			return fmt.Errorf("removing the wait for %s %s: %w", kind, key, err)
		}
	}
	return nil
}
