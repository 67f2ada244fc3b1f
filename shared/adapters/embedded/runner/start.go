package runner

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/asl"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Start begins an execution. It may be called before Run, which then runs it.
func (r *Runner) Start(ctx context.Context, machine, name string, input json.RawMessage) error {
	m, ok := r.machines[machine]
	if !ok {
		return errs.New(errs.NotFound, fmt.Sprintf("there is no state machine %q", machine))
	}
	input, err := workflow.ValidateStart(name, input)
	if err != nil {
		return err
	}
	which := id{machine, name}
	if err := r.create(ctx, which, m, input); err != nil {
		return fmt.Errorf("starting %s of %s: %w", name, machine, err)
	}
	if _, err := r.open(ctx, which, true); err != nil {
		r.askRescan() // it has been started: Run tries again
	}
	return nil
}

// create stores an execution with its first frame, unless the same one is there.
func (r *Runner) create(ctx context.Context, which id, m *machine, input json.RawMessage) error {
	if err := r.keepDefinition(ctx, m); err != nil {
		return err
	}
	s := started{Machine: which.machine, Name: which.name, Input: input, Started: r.clock.Now(), Definition: m.hash}
	e := r.newExecution(which)
	e.engine = r.newEngine(e, m.Machine, s)
	first, err := put(which.key(sortExecution), s, table.Absent)
	if err != nil {
		return err
	}
	running := table.PutWrite(table.Item{Key: which.runningKey(), Body: []byte("{}")}, table.Always)
	t := &transaction{e: e, writes: []table.Write{first, running}}
	if err := t.add(e.engine.Begin()); err != nil {
		return err
	}
	writes, err := t.finish()
	if err != nil {
		return err
	}
	err = r.table.Transact(ctx, writes)
	if index, failed := table.FailedCondition(err); failed && index == 0 {
		return r.sameStart(ctx, which, input)
	}
	if err != nil && errs.KindOf(err) == errs.Unavailable {
		r.askRescan() // the write may have happened
	}
	return err
}

func (r *Runner) sameStart(ctx context.Context, which id, input json.RawMessage) error {
	var s started
	if _, err := r.get(ctx, which.key(sortExecution), &s); err != nil {
		return err
	}
	if !workflow.SameInput(s.Input, input) {
		return errs.New(errs.Conflict, fmt.Sprintf("the execution %s exists with another input", which.name))
	}
	return nil
}

// keepDefinition stores a machine's definition once, for its executions to end with.
func (r *Runner) keepDefinition(ctx context.Context, m *machine) error {
	r.mu.Lock()
	known := r.known[m.hash]
	r.mu.Unlock()
	if known {
		return nil
	}
	item := table.Item{Key: definitionKey(m.hash), Body: m.Source()}
	if _, err := r.table.Put(ctx, item, table.Always); err != nil {
		return fmt.Errorf("storing the definition: %w", err)
	}
	r.mu.Lock()
	r.known[m.hash] = true
	r.mu.Unlock()
	return nil
}

// machineFor gives the machine an execution was started with, which need not be the one
// of that name now.
func (r *Runner) machineFor(ctx context.Context, s started) (*asl.Machine, error) {
	if m, ok := r.machines[s.Machine]; ok && m.hash == s.Definition {
		return m.Machine, nil
	}
	item, err := r.table.Get(ctx, definitionKey(s.Definition))
	if err != nil {
		return nil, fmt.Errorf("reading the definition: %w", err)
	}
	return asl.Load(item.Body, nil)
}

func (r *Runner) newEngine(e *execution, m *asl.Machine, s started) *asl.Execution {
	return &asl.Execution{
		Machine: m, Host: e, Clock: r.clock, NewToken: r.ids.New,
		Info: asl.Info{
			ID:   "arn:aws:states:local:000000000000:execution:" + s.Machine + ":" + s.Name,
			Name: s.Name, MachineName: s.Machine,
			MachineID: "arn:aws:states:local:000000000000:stateMachine:" + s.Machine,
			Input:     s.Input, Started: s.Started,
		},
	}
}
