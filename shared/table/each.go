package table

import (
	"context"
	"errors"
)

// ErrStop ends an Each early, without an error.
var ErrStop = errors.New("enough items")

// Each calls f for every item that a query selects, page by page, until f fails.
func Each(ctx context.Context, t Table, q Query, f func(Item) error) error {
	for {
		page, err := t.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := f(item); errors.Is(err, ErrStop) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}
