package operations

import (
	"encoding/json"
	"time"
)

// Effect is one side effect of an operation.
type Effect struct {
	ID     string          `json:"id"`     // unique and stable within the operation: "publish/repository"
	Kind   string          `json:"kind"`   // selects the Performer: "gitlab.project"
	Target string          `json:"target"` // what a person reads: "apps/orders"
	Params json.RawMessage `json:"params,omitempty"`
}

// EffectState is how far an effect is.
type EffectState string

// The states of an effect.
const (
	Intended    EffectState = "intended"    // may or may not have happened
	Done        EffectState = "done"        // happened, with its result
	Compensated EffectState = "compensated" // undone, or found never to have happened
)

// Entry is the durable record of one effect.
type Entry struct {
	Effect
	Seq      int             `json:"seq"` // order of intent; undoing goes backwards
	State    EffectState     `json:"state"`
	Result   json.RawMessage `json:"result,omitempty"`
	Attempts int             `json:"attempts"`          // at the effect, since it was last intended
	Attempt  int             `json:"attempt,omitempty"` // of the operation, in which it was last intended or seen to be there
	Intended time.Time       `json:"intendedAt"`
	Done     *time.Time      `json:"doneAt,omitempty"`
	Undone   *time.Time      `json:"undoneAt,omitempty"`

	// Undoing says of one that is done that its undoing has begun: it may be gone.
	Undoing bool `json:"undoing,omitempty"`
	// Hindrance is why the last attempt at undoing came to nothing; it is tried again.
	Hindrance string `json:"hindrance,omitempty"`

	// Lease keeps a second attempt from running while the first may still act.
	Lease *Lease `json:"lease,omitempty"`

	revision string
}

// Lease says which attempt may be acting, and until when at the latest.
type Lease struct {
	Owner string    `json:"owner"` // process
	Until time.Time `json:"until"`
}
