// Package holds owns the topic by which a project is told to be the work of an operation,
// and what that means to others: as long as the operation has not succeeded the project may
// vanish again. It neither makes projects nor reads them (effects does), which keeps those
// who only ask small.
//
// Flow: effects marks a project with Topic; discovery asks Holds before it takes one in.
package holds

import (
	"context"
	"errors"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const topicPrefix = "slipway-operation-"

// Topic gives the topic of what an operation makes.
func Topic(operation string) string { return topicPrefix + operation }

// OperationRecords gives operations; NotFound when there is none with that id.
type OperationRecords interface {
	Get(ctx context.Context, id string) (*operations.Operation, error)
}

// Holds tells projects that an operation is still making from those that are there to
// stay, by the topic that it marks them with.
type Holds struct{ Operations OperationRecords }

// Held reports whether a project with these topics is the work of an operation that has
// not succeeded: it may yet be undone, or could not be undone and waits for a person. A
// topic of an operation that nobody here knows holds nothing back.
func (h Holds) Held(ctx context.Context, topics []string) (bool, error) {
	for _, topic := range topics {
		id, marked := strings.CutPrefix(topic, topicPrefix)
		if !marked {
			continue
		}
		o, err := h.Operations.Get(ctx, id)
		if errors.Is(err, errs.NotFound) {
			continue
		}
		if err != nil || o.Status != operations.Succeeded {
			return err == nil, err
		}
	}
	return false, nil
}
