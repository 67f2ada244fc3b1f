package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// waitLife is how long the record of a wait outlives its start.
const waitLife = 14 * 24 * time.Hour

// Waits records which task waits for which outside event, so that whoever hears of the
// event can wake the task. Kind and key name the event, for example "gitlab.pipeline"
// and "17/203".
type Waits struct {
	Table table.Table
	Clock clock.Clock
}

// Waiter is who waits for an event.
type Waiter struct {
	OperationID string `json:"operationId"`
	Attempt     int    `json:"attempt,omitempty"` // the operation's
	Token       string `json:"token"`             // of the newest task that waits

	revision string // of the record
}

// Wait records that the task behind token waits; a later call for the same event
// replaces the token. The caller looks at the truth itself once after this, because the
// event may have happened before. Conflict when the operation is being undone or has ended:
// whoever cancels one sees the token, or the task does not wait.
func (w Waits) Wait(ctx context.Context, kind, key string, who Waiter) error {
	body, err := json.Marshal(who)
	if err != nil {
		return errs.Wrap(errs.Internal, "a wait can't be written as JSON", err)
	}
	item := table.Item{Key: waitKey(kind, key), Body: body, Expires: w.Clock.Now().Add(waitLife)}
	err = w.Table.Transact(ctx, []table.Write{
		table.PutWrite(item, table.Always),
		table.PutWrite(table.Item{Key: waitingKey(who.OperationID), Body: []byte(who.Token), Expires: item.Expires}, table.Always),
		table.CheckWrite(applyingKey(who.OperationID, who.Attempt), table.Present),
	})
	if _, over := table.FailedCondition(err); over {
		return errNotApplying
	}
	if err != nil {
		return fmt.Errorf("recording the wait for %s %s: %w", kind, key, err)
	}
	return nil
}

// Waiting gives who waits for an event, and false when nobody does.
func (w Waits) Waiting(ctx context.Context, kind, key string) (Waiter, bool, error) {
	item, err := w.Table.Get(ctx, waitKey(kind, key))
	if errors.Is(err, errs.NotFound) {
		return Waiter{}, false, nil
	}
	if err != nil {
		return Waiter{}, false, fmt.Errorf("looking for who waits for %s %s: %w", kind, key, err)
	}
	var who Waiter
	if err := json.Unmarshal(item.Body, &who); err != nil {
		return Waiter{}, false, errs.Wrap(errs.Internal, "the record of a wait is damaged", err)
	}
	who.revision = item.Revision
	return who, true, nil
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

// Over removes the record of a wait that Waiting gave, unless another task has taken its
// place since.
func (w Waits) Over(ctx context.Context, kind, key string, who Waiter) error {
	err := w.Table.Delete(ctx, waitKey(kind, key), table.AtRevision(who.revision))
	if _, replaced := table.FailedCondition(err); err != nil && !replaced {
		return fmt.Errorf("removing the wait for %s %s: %w", kind, key, err)
	}
	return nil
}
