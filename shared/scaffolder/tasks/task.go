package tasks

import (
	"encoding/json"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/scaffolder"
)

// types are the types of operations that are shown as tasks.
func types() []string { return []string{scaffolder.RunTemplateType, scaffolder.CreateAppType} }

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

// statusOf gives the status of an operation as a task.
func statusOf(o *operations.Operation) Status {
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
