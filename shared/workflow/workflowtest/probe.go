package workflowtest

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/slipwayhq/slipway/shared/workflow"
)

//go:embed machines/*.asl.json
var machines embed.FS

// Definitions gives the machines of the contract by name. They have two substitutions:
// Probe, a name lambda:invoke takes for the function, and ProbeArn, its ARN.
func Definitions() (map[string][]byte, error) {
	files, err := fs.Glob(machines, "machines/*.asl.json")
	if err != nil {
		return nil, err
	}
	definitions := map[string][]byte{}
	for _, file := range files {
		raw, err := machines.ReadFile(file)
		if err != nil {
			return nil, err
		}
		definitions[strings.TrimSuffix(path.Base(file), ".asl.json")] = raw
	}
	return definitions, nil
}

// Probe is the function the machines call.
type Probe struct {
	Starter   workflow.Starter
	Callbacks workflow.Callbacks
}

// order is the probe's payload.
type order struct {
	Do      string          `json:"do"`
	Value   json.RawMessage `json:"value"`
	Name    string          `json:"name"`
	Cause   string          `json:"cause"`
	Until   int             `json:"until"`
	Retries int             `json:"retries"`
	Token   string          `json:"token"`
	To      string          `json:"to"`
}

// letter is what the probe puts into a mailbox.
type letter struct {
	Token string `json:"token"`
}

// Task does what the payload says.
func (p *Probe) Task(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
	var o order
	if err := json.Unmarshal(input, &o); err != nil {
		return nil, fmt.Errorf("reading the payload: %w", err)
	}
	switch o.Do {
	case "echo":
		return json.Marshal(map[string]json.RawMessage{"echo": input})
	case "nothing":
		return nil, nil
	case "fail":
		return nil, &workflow.TaskError{Name: o.Name, Cause: o.Cause}
	case "failUntil":
		if o.Retries < o.Until {
			return nil, &workflow.TaskError{Name: o.Name, Cause: fmt.Sprintf("attempt %d", o.Retries+1)}
		}
		return json.Marshal(map[string]int{"attempts": o.Retries + 1})
	case "panic":
		panic("as told")
	case "post":
		return nil, p.post(ctx, o)
	case "complete": // before the task itself returns
		return nil, p.Callbacks.Succeed(ctx, o.Token, json.RawMessage(`{"early":true}`))
	case "postAndFail":
		return nil, errors.Join(p.post(ctx, o), &workflow.TaskError{Name: "Probe.Refused", Cause: "after posting"})
	}
	return nil, &workflow.TaskError{Name: "Probe.Unknown", Cause: "no such order"}
}

// post hands the token to the test.
func (p *Probe) post(ctx context.Context, o order) error {
	input, err := json.Marshal(letter{Token: o.Token})
	if err != nil {
		return err
	}
	return p.Starter.Start(ctx, "mailbox", o.To, input)
}
