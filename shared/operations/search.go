package operations

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// maxFound is how many operations Search gives at once.
const maxFound = 1000

// cancelledStatus is the status that a search knows an operation by that was cancelled and
// has ended.
const cancelledStatus = "cancelled"

// summary is what a list is made from, without the operation's record.
type summary struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Status string `json:"status"`
	Actor  string `json:"actor"`
}

func summaryOf(o *Operation) summary {
	sum := summary{ID: o.ID, Type: o.Type, Status: string(o.Status), Actor: o.Actor}
	if o.Cancelled != nil && o.Status.Ended() {
		sum.Status = cancelledStatus
	}
	return sum
}

// summaryWrite puts an operation into the list of all.
func summaryWrite(o *Operation) (table.Write, error) {
	body, err := json.Marshal(summaryOf(o))
	if err != nil {
		return table.Write{}, errs.Wrap(errs.Internal, "the summary of an operation can't be written as JSON", err)
	}
	return table.PutWrite(table.Item{Key: timeKey(allPartition, o.Created, o.ID), Body: body}, table.Always), nil
}

func readSummary(item table.Item) (summary, error) {
	var sum summary
	if err := json.Unmarshal(item.Body, &sum); err != nil {
		return summary{}, errs.Wrap(errs.Internal, "the summary of an operation is damaged", err)
	}
	return sum, nil
}

// Query selects operations. An empty list selects by nothing.
type Query struct {
	Types  []string
	Actors []string
	// Statuses are those of Status, and "cancelled" for what was cancelled and has ended:
	// that is neither failed nor parked here.
	Statuses  []string
	Offset    int
	Limit     int    // 1 to 1000
	Order     string // "created_at", "status" or "created_by"; "" is created_at
	Ascending bool
	// Called gives the word that a status is ordered by; nil for the status itself.
	Called func(status string) string
}

// SearchResult is one page of what a query selects.
type SearchResult struct {
	Items []*Operation
	Total int // of all pages
}

// Search gives a page of the operations that a query selects. Those that are equal in the
// query's order come newest first.
func (s *Service) Search(ctx context.Context, q Query) (SearchResult, error) {
	order, err := q.order()
	if err != nil {
		return SearchResult{}, err
	}
	found, err := s.selected(ctx, q)
	if err != nil {
		return SearchResult{}, err
	}
	slices.SortStableFunc(found, order)
	result := SearchResult{Items: []*Operation{}, Total: len(found)}
	from := min(q.Offset, len(found))
	for _, sum := range found[from:min(from+q.Limit, len(found))] {
		o, err := s.get(ctx, sum.ID)
		if err != nil {
			return SearchResult{}, err
		}
		result.Items = append(result.Items, o)
	}
	return result, nil
}

// selected gives the summaries that a query selects: newest first unless it is ordered by
// time and ascending.
func (s *Service) selected(ctx context.Context, q Query) ([]summary, error) {
	var found []summary
	all := table.Query{PK: allPartition, Descending: !q.Ascending || !q.byTime()}
	err := table.Each(ctx, s.table, all, func(item table.Item) error {
		sum, err := readSummary(item)
		if err == nil && q.selects(sum) {
			found = append(found, sum)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("searching operations: %w", err)
	}
	return found, nil
}

func (q Query) byTime() bool { return q.Order == "" || q.Order == "created_at" }

func (q Query) selects(sum summary) bool {
	in := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	return in(q.Types, sum.Type) && in(q.Actors, sum.Actor) && in(q.Statuses, sum.Status)
}

// order checks a query and gives how what it finds is compared.
func (q Query) order() (func(a, b summary) int, error) {
	var field func(summary) string
	switch {
	case q.Limit < 1 || q.Limit > maxFound:
		return nil, errs.New(errs.Invalid, fmt.Sprintf("limit must be 1 to %d", maxFound))
	case q.Offset < 0:
		return nil, errs.New(errs.Invalid, "offset must not be negative")
	case q.byTime(): // as they are read
		field = func(summary) string { return "" }
	case q.Order == "status" && q.Called != nil:
		field = func(sum summary) string { return q.Called(sum.Status) }
	case q.Order == "status":
		field = func(sum summary) string { return sum.Status }
	case q.Order == "created_by":
		field = func(sum summary) string { return sum.Actor }
	default:
		return nil, errs.New(errs.Invalid, fmt.Sprintf("operations can't be ordered by %q", errs.Clip(q.Order)))
	}
	return func(a, b summary) int {
		if q.Ascending {
			return cmp.Compare(field(a), field(b))
		}
		return cmp.Compare(field(b), field(a))
	}, nil
}
