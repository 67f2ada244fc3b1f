package operations

import (
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The events of operations, from source EventSource.
const (
	EventSource       = "slipway.operations"
	EventAccepted     = "slipway.operation.accepted.v1"
	EventPlanned      = "slipway.operation.planned.v1"
	EventEffectDone   = "slipway.operation.effect.done.v1"
	EventEffectUndone = "slipway.operation.effect.compensated.v1"
	EventSucceeded    = "slipway.operation.succeeded.v1"
	EventCompensating = "slipway.operation.compensating.v1"
	EventFailed       = "slipway.operation.failed.v1"
	EventParked       = "slipway.operation.parked.v1"
	EventRetried      = "slipway.operation.retried.v1"
)

// EventData is the data of an operation's events.
type EventData struct {
	OperationID string    `json:"operationId"`
	Type        string    `json:"type"`
	Target      string    `json:"target"`
	Actor       string    `json:"actor"`
	Outcome     Status    `json:"outcome"`
	PlanHash    string    `json:"planHash,omitempty"`
	Effect      string    `json:"effect,omitempty"`      // "gitlab.project apps/orders"
	ProblemKind errs.Kind `json:"problemKind,omitempty"` // when it did not succeed
	Problem     string    `json:"problem,omitempty"`     // a safe message
}

func eventData(o *Operation) EventData {
	d := EventData{OperationID: o.ID, Type: o.Type, Target: o.Target, Actor: o.Actor, Outcome: o.Status}
	if o.Plan != nil {
		d.PlanHash = o.Plan.Hash
	}
	if o.Problem != nil {
		d.ProblemKind, d.Problem = o.Problem.Kind, o.Problem.Message
	}
	return d
}

func effectData(op Ref, e Effect) EventData {
	return EventData{OperationID: op.ID, Type: op.Type, Target: op.Target, Actor: op.Actor, Outcome: Running, Effect: e.Kind + " " + e.Target}
}
