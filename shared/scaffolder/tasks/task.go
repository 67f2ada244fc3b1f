package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The types of operations that are shown as tasks.
const (
	// CreateApp creates an application from a template.
	CreateApp = "app.create"
	// RunTemplate runs any template, as Backstage's tasks do: it names no application and
	// reserves none.
	RunTemplate = "template.run"
)

// Types are the types of operations that are shown as tasks.
func Types() []string { return []string{RunTemplate, CreateApp} }

// Status of a task.
type Status string

// The statuses, in Backstage's words.
const (
	Open       Status = "open"
	Processing Status = "processing"
	Completed  Status = "completed"
	Failed     Status = "failed"
	Cancelled  Status = "cancelled"
)

// StatusOf gives the status of an operation as a task.
func StatusOf(o *operations.Operation) Status {
	switch {
	case o.Status == operations.Accepted:
		return Open
	case o.Status == operations.Succeeded:
		return Completed
	case !o.Status.Ended():
		return Processing
	case o.Cancelled != nil:
		return Cancelled
	}
	return Failed
}

// Task is one run of a template.
type Task struct {
	ID              string `json:"id"`
	Spec            Spec   `json:"spec"`
	Status          Status `json:"status"`
	CreatedAt       Moment `json:"createdAt"`
	LastHeartbeatAt Moment `json:"lastHeartbeatAt"`
	CreatedBy       string `json:"createdBy,omitempty"` // ref of a user; "" when a service asked
}

// Moment is a time as JavaScript writes it.
type Moment time.Time

const javaScript = "2006-01-02T15:04:05.000Z"

// MarshalJSON writes the time in UTC, to the millisecond.
func (m Moment) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Time(m).UTC().Format(javaScript))
}

// Operation gives the operation behind a task, NotFound when it is none.
func Operation(ctx context.Context, from Reader, id string) (*operations.Operation, error) {
	o, err := from.Get(ctx, id)
	if errors.Is(err, errs.NotFound) || err == nil && !slices.Contains(Types(), o.Type) {
		return nil, errs.New(errs.NotFound, fmt.Sprintf("No task with id '%s' found", errs.Clip(id)))
	}
	if err != nil {
		return nil, fmt.Errorf("reading task %s: %w", errs.Clip(id), err)
	}
	return o, nil
}
