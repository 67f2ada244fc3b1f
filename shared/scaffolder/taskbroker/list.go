package taskbroker

import (
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

// MaxPage is how many tasks a page may have.
const MaxPage = 200

// List gives a page of tasks.
func (b *Broker) List(ctx context.Context, q tasks.Query) (tasks.Page, error) {
	if q.Limit < 0 || q.Limit > MaxPage {
		q.Limit = MaxPage
	}
	found, err := b.deps.Operations.Search(ctx, operations.Query{
		Types: tasks.Types(), Actors: q.CreatedBy, Statuses: statuses(q.Status),
		Offset: q.Offset, Limit: max(q.Limit, 1), Order: q.Order, Ascending: q.Ascending, Called: called,
	})
	if err != nil {
		return tasks.Page{}, fmt.Errorf("searching tasks: %w", err)
	}
	page := tasks.Page{Tasks: make([]*tasks.Task, 0, len(found.Items)), Total: found.Total}
	for _, o := range found.Items[:min(q.Limit, len(found.Items))] {
		t, err := b.view(ctx, o)
		if err != nil {
			return tasks.Page{}, err
		}
		page.Tasks = append(page.Tasks, t)
	}
	return page, nil
}

// called gives the word for the status that operations are found by.
func called(status string) string {
	if status == string(tasks.Cancelled) {
		return status
	}
	o := &operations.Operation{Status: operations.Status(status)}
	return string(tasks.StatusOf(o))
}

// statuses gives the statuses of operations behind those of tasks. One that no task has
// selects nothing.
func statuses(list []tasks.Status) []string {
	var out []string
	for _, one := range list {
		switch one {
		case tasks.Open:
			out = append(out, string(operations.Accepted))
		case tasks.Processing:
			out = append(out, string(operations.Running), string(operations.Compensating))
		case tasks.Completed:
			out = append(out, string(operations.Succeeded))
		case tasks.Failed:
			out = append(out, string(operations.Failed), string(operations.Parked))
		case tasks.Cancelled:
			out = append(out, string(tasks.Cancelled))
		default:
			out = append(out, "none")
		}
	}
	return out
}
