package tasks

import (
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/operations"
)

// Query asks for a page of tasks.
type Query struct {
	CreatedBy []string // refs; none for all
	Status    []Status // none for all
	Offset    int
	Limit     int    // the most tasks; below 0 for as many as a page may have
	Order     string // "created_at", "status" or "created_by"; "" for created_at
	Ascending bool
}

// Page is a page of tasks.
type Page struct {
	Tasks []*Task `json:"tasks"`
	Total int     `json:"totalTasks"` // of all pages
}

// MaxPage is how many tasks a page may have.
const MaxPage = 200

// List gives a page of tasks.
func (s *Service) List(ctx context.Context, q Query) (Page, error) {
	if q.Limit < 0 || q.Limit > MaxPage {
		q.Limit = MaxPage
	}
	found, err := s.deps.Operations.Search(ctx, operations.Query{
		Types: types(), Actors: q.CreatedBy, Statuses: statuses(q.Status),
		Offset: q.Offset, Limit: max(q.Limit, 1), Order: q.Order, Ascending: q.Ascending, Called: called,
	})
	if err != nil {
		return Page{}, fmt.Errorf("searching tasks: %w", err)
	}
	page := Page{Tasks: make([]*Task, 0, len(found.Items)), Total: found.Total}
	for _, o := range found.Items[:min(q.Limit, len(found.Items))] {
		t, err := s.view(ctx, o)
		if err != nil {
			return Page{}, err
		}
		page.Tasks = append(page.Tasks, t)
	}
	return page, nil
}

// called gives the word for the status that operations are found by.
func called(status string) string {
	if status == string(Cancelled) {
		return status
	}
	o := &operations.Operation{Status: operations.Status(status)}
	return string(statusOf(o))
}

// statuses gives the statuses of operations behind those of tasks. One that no task has
// selects nothing.
func statuses(list []Status) []string {
	var out []string
	for _, one := range list {
		switch one {
		case Open:
			out = append(out, string(operations.Accepted))
		case Processing:
			out = append(out, string(operations.Running), string(operations.Compensating))
		case Completed:
			out = append(out, string(operations.Succeeded))
		case Failed:
			out = append(out, string(operations.Failed), string(operations.Parked))
		case Cancelled:
			out = append(out, string(Cancelled))
		default:
			out = append(out, "none")
		}
	}
	return out
}
