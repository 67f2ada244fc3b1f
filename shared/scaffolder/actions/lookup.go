package actions

import (
	"context"
	"encoding/json"

	"github.com/slipwayhq/slipway/shared/operations"
)

// lookup is an action that reads something and changes nothing.
type lookup struct {
	id      string
	outputs []string
	read    func(ctx context.Context, c Call) (Result, error)
}

var _ Action = lookup{}

// ID gives what templates call the action.
func (a lookup) ID() string { return a.id }

// Plan reads what Run will read, so that later steps see what they will see. What its input
// does not know yet, its outputs don't either.
func (a lookup) Plan(ctx context.Context, c Call) (Planned, error) {
	input, err := json.Marshal(c.Input)
	if err == nil && operations.HoldsUnknown(string(input)) {
		outputs := map[string]any{}
		for _, name := range a.outputs {
			outputs[name] = c.unknown(name)
		}
		return Planned{Outputs: outputs}, nil
	}
	c.Rehearsing = true
	found, err := a.read(ctx, c)
	return Planned{Outputs: found.Outputs, Detail: found.Detail}, err
}

// Run reads.
func (a lookup) Run(ctx context.Context, c Call) (Result, error) { return a.read(ctx, c) }
