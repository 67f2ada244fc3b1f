package operations

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Status of an operation.
type Status string

// The statuses.
const (
	Accepted     Status = "accepted"     // stored; its execution may not have started yet
	Running      Status = "running"      // effects may be made
	Succeeded    Status = "succeeded"    // complete
	Compensating Status = "compensating" // being undone; no new effect can start
	Failed       Status = "failed"       // clean: nothing of it is left
	Parked       Status = "parked"       // something is left that only a person may remove
)

// Ended reports whether the status is final.
func (s Status) Ended() bool { return s == Succeeded || s == Failed || s == Parked }

// Operation is one change that somebody asked for.
type Operation struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`   // "app.create"
	Status    Status          `json:"status"` // see Status
	Target    string          `json:"target"` // ref of the entity it is about
	Actor     string          `json:"actor"`  // ref of who asked
	RequestID string          `json:"requestId,omitempty"`
	Machine   string          `json:"machine"` // the state machine that runs it
	Input     json.RawMessage `json:"input"`   // as asked for, validated; no secrets
	Resolved  json.RawMessage `json:"resolved,omitempty"`
	Plan      *Plan           `json:"plan,omitempty"`
	Steps     []Step          `json:"steps,omitempty"`
	Output    json.RawMessage `json:"output,omitempty"` // when succeeded
	Problem   *Problem        `json:"problem,omitempty"`
	Created   time.Time       `json:"createdAt"`
	Updated   time.Time       `json:"updatedAt"`
	Ended     *time.Time      `json:"endedAt,omitempty"`

	// Shared says that the target is not reserved for this operation.
	Shared bool `json:"shared,omitempty"`
	// Approved is the hash of the only plan that may be applied, "" for any.
	Approved string `json:"approved,omitempty"`
	// Cancelled says who ended it before it was done; it is undone then.
	Cancelled *Cancellation `json:"cancelled,omitempty"`
	// Attempt counts how often it was retried.
	Attempt int `json:"attempt,omitempty"`
	// Recoveries counts the executions started after the first one of the attempt was lost.
	Recoveries int `json:"recoveries,omitempty"`
	// Secrets names the secrets it was given: a template may refer to these, and a retry may
	// need their values again.
	Secrets []string `json:"secrets,omitempty"`
	// Sealed names what is kept sealed for it, given or made, until it ends; while it is
	// parked, which is no end for good, until SealedUntil.
	Sealed []string `json:"sealed,omitempty"`
	// SealedUntil is when the first of these is gone, whatever becomes of the operation.
	SealedUntil *time.Time `json:"sealedUntil,omitempty"`
	// Lines is the number of the last line of its log; LogFull that no more is taken.
	Lines   int  `json:"lines,omitempty"`
	LogFull bool `json:"logFull,omitempty"`

	revision string // of the stored record
}

// Cancellation says who cancelled an operation.
type Cancellation struct {
	By string    `json:"by"` // ref of who did
	At time.Time `json:"at"`
}

// Plan is the list of effects an operation will make.
type Plan struct {
	Effects []Effect `json:"effects"`
	Hash    string   `json:"hash"` // over the effects; what an approval approves
}

// Step is one part of an operation as a person follows it.
type Step struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Shown   string          `json:"shown,omitempty"` // its id in the log; "" for one that is no step to whoever reads it
	Status  StepStatus      `json:"status"`
	Detail  string          `json:"detail,omitempty"`
	Output  json.RawMessage `json:"output,omitempty"` // what later steps may refer to
	Started time.Time       `json:"startedAt"`
	Ended   *time.Time      `json:"endedAt,omitempty"`
}

// StepStatus is in Backstage's words.
type StepStatus string

// The statuses of a step.
const (
	StepProcessing StepStatus = "processing"
	StepCompleted  StepStatus = "completed"
	StepSkipped    StepStatus = "skipped"
	StepFailed     StepStatus = "failed"
	StepCancelled  StepStatus = "cancelled"
)

// Problem says why an operation did not succeed.
type Problem struct {
	Kind    errs.Kind    `json:"kind"`
	Message string       `json:"message"`
	Fields  []errs.Field `json:"fields,omitempty"`
	// Left names what could not be undone, when parked.
	Left []string `json:"left,omitempty"`
}

// The most that is kept of a problem: it has to fit into what a record reserves.
const (
	maxMessage = 4 << 10 // bytes
	maxLeft    = 20
	maxLeftOne = 300 // bytes
)

func (p *Problem) clipped() *Problem {
	out := *p
	out.Message = clip(p.Message, maxMessage)
	return &out
}

func clippedList(left []string) []string {
	var out []string
	for i, one := range left {
		if i == maxLeft {
			return append(out, fmt.Sprintf("and %d more: the ledger names them", len(left)-i))
		}
		out = append(out, clip(one, maxLeftOne))
	}
	return out
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Ref is what performers are told about the operation they act for.
type Ref struct {
	ID      string // goes into ownership markers
	Type    string
	Target  string
	Actor   string
	Attempt int // which of the operation's attempts acts; an earlier one's must not any more
}

// Ref gives the operation's reference.
func (o *Operation) Ref() Ref {
	return Ref{ID: o.ID, Type: o.Type, Target: o.Target, Actor: o.Actor, Attempt: o.Attempt}
}

// Step gives the step with that id, nil when it has not begun.
func (o *Operation) Step(id string) *Step {
	for i := range o.Steps {
		if o.Steps[i].ID == id {
			return &o.Steps[i]
		}
	}
	return nil
}
