package stepfn

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// Config is what a Workflows needs, all of it.
type Config struct {
	AWS   aws.Config
	Clock clock.Clock
	// MachineARN gives the ARN of a state machine, without a version or an alias.
	MachineARN func(machine string) (arn string, ok bool)
}

// Workflows runs executions on Step Functions. Make it with New. It is safe for concurrent
// use.
type Workflows struct {
	calls *awsclient.Calls
	arn   func(machine string) (string, bool)
}

var (
	_ workflow.Starter   = (*Workflows)(nil)
	_ workflow.Inspector = (*Workflows)(nil)
	_ workflow.Stopper   = (*Workflows)(nil)
)

// New makes the adapter.
func New(c Config) (*Workflows, error) {
	if c.MachineARN == nil {
		return nil, errs.New(errs.Invalid, "stepfn needs the ARNs of the machines")
	}
	calls, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: c.AWS, Service: "states", Clock: c.Clock})
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "stepfn can't reach Step Functions", err)
	}
	return &Workflows{calls: calls, arn: c.MachineARN}, nil
}

// call makes one call. Every one can be sent again: an execution has its name, and one that
// was stopped stays so.
func (w *Workflows) call(ctx context.Context, operation string, in, out any) error {
	return w.calls.JSON10(ctx, "AWSStepFunctions."+operation, in, out)
}

// machine gives the ARN of a machine.
func (w *Workflows) machine(name string) (string, error) {
	arn, ok := w.arn(name)
	if !ok {
		return "", errs.New(errs.NotFound, fmt.Sprintf("there is no state machine %q", name))
	}
	return arn, nil
}

// execution gives the ARN of an execution, which follows from that of its machine.
func (w *Workflows) execution(machine, name string) (string, error) {
	arn, err := w.machine(machine)
	if err != nil {
		return "", err
	}
	return strings.Replace(arn, ":stateMachine:", ":execution:", 1) + ":" + name, nil
}

// Start begins an execution
// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html).
func (w *Workflows) Start(ctx context.Context, machine, name string, input json.RawMessage) error {
	input, err := workflow.ValidateStart(name, input)
	if err != nil {
		return err
	}
	arn, err := w.machine(machine)
	if err != nil {
		return err
	}
	err = w.call(ctx, "StartExecution", map[string]string{"stateMachineArn": arn, "name": name, "input": string(input)}, nil)
	switch {
	case err == nil:
		return nil
	case awserr.Code(err) == "ExecutionAlreadyExists":
		return w.sameStart(ctx, machine, name, input)
	}
	return awserr.Wrap(fmt.Sprintf("the execution %s of %s can't be started", name, machine), err)
}

// sameStart decides about a name that is taken: Step Functions itself takes the same input
// again only while the execution runs, and compares it byte by byte.
func (w *Workflows) sameStart(ctx context.Context, machine, name string, input json.RawMessage) error {
	x, err := w.Describe(ctx, machine, name)
	if err != nil {
		return fmt.Errorf("comparing the input with that of the execution of the same name: %w", err)
	}
	if !workflow.SameInput(x.Input, input) {
		return errs.New(errs.Conflict, fmt.Sprintf("the execution %s exists with another input", name))
	}
	return nil
}

// description is what the service tells of an execution.
type description struct {
	Status    string `json:"status"`
	Input     string `json:"input"`
	Output    string `json:"output"`
	Error     string `json:"error"`
	Cause     string `json:"cause"`
	StartDate moment `json:"startDate"`
	StopDate  moment `json:"stopDate"`
}

// moment is a time in seconds since 1970, to the millisecond.
type moment float64

func (m moment) time() time.Time { return time.UnixMilli(int64(math.Round(float64(m) * 1000))).UTC() }

// Describe gives the state of an execution
// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html).
func (w *Workflows) Describe(ctx context.Context, machine, name string) (workflow.Execution, error) {
	arn, err := w.execution(machine, name)
	if err != nil {
		return workflow.Execution{}, err
	}
	var out description
	if err := w.call(ctx, "DescribeExecution", map[string]string{"executionArn": arn}, &out); err != nil {
		return workflow.Execution{}, awserr.Wrap(fmt.Sprintf("the execution %s of %s can't be described", name, machine), err)
	}
	x := workflow.Execution{Machine: machine, Name: name, Status: statusOf(out.Status), Input: json.RawMessage(out.Input), Started: out.StartDate.time()}
	if x.Status == workflow.Running {
		return x, nil
	}
	x.Stopped = out.StopDate.time()
	if x.Status == workflow.Succeeded {
		x.Output = json.RawMessage(out.Output)
		return x, nil
	}
	x.Error, x.Cause = out.Error, out.Cause
	return x, nil
}

// statusOf maps a status: one that waits to be redriven has not ended.
func statusOf(s string) workflow.Status {
	if s == "PENDING_REDRIVE" {
		return workflow.Running
	}
	return workflow.Status(s)
}

// Stop aborts an execution. If the service refuses, the execution may have ended: then
// there is nothing left to do.
func (w *Workflows) Stop(ctx context.Context, machine, name, cause string) error {
	arn, err := w.execution(machine, name)
	if err != nil {
		return err
	}
	_, cause = workflow.ClipFailure("", cause)
	err = w.call(ctx, "StopExecution", map[string]string{"executionArn": arn, "cause": cause}, nil)
	if err == nil {
		return nil
	}
	if awserr.Kind(err) == errs.Invalid {
		if x, described := w.Describe(ctx, machine, name); described == nil && x.Status != workflow.Running {
			return nil
		}
	}
	return awserr.Wrap(fmt.Sprintf("the execution %s of %s can't be stopped", name, machine), err)
}
