package operations

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
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
	Attempt  int             `json:"attempt,omitempty"` // of the operation, in which it was last intended
	Intended time.Time       `json:"intendedAt"`
	Done     *time.Time      `json:"doneAt,omitempty"`
	Undone   *time.Time      `json:"undoneAt,omitempty"`

	// Lease keeps a second attempt from running while the first may still act.
	Lease *Lease `json:"lease,omitempty"`

	revision string
}

// Lease says which attempt may be acting, and until when at the latest.
type Lease struct {
	Owner string    `json:"owner"` // process
	Until time.Time `json:"until"`
}

// NewPlan makes the plan of effects.
func NewPlan(effects []Effect) (*Plan, error) {
	if effects == nil {
		effects = []Effect{}
	}
	seen := map[string]bool{}
	for _, e := range effects {
		if e.ID == "" || e.Kind == "" || seen[e.ID] {
			return nil, errs.New(errs.Internal, fmt.Sprintf("effect %q of kind %q has no id of its own", e.ID, e.Kind))
		}
		seen[e.ID] = true
	}
	body, err := json.Marshal(effects)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "the plan can't be written as JSON", err)
	}
	sum := sha256.Sum256(body)
	return &Plan{Effects: effects, Hash: hex.EncodeToString(sum[:])}, nil
}
