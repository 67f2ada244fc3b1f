package stepfn

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/workflow"
)

// API is the part of Step Functions that is used; *sfn.Client satisfies it.
type API interface {
	StartExecution(ctx context.Context, in *sfn.StartExecutionInput, opts ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	DescribeExecution(ctx context.Context, in *sfn.DescribeExecutionInput, opts ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	GetExecutionHistory(ctx context.Context, in *sfn.GetExecutionHistoryInput, opts ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
	StopExecution(ctx context.Context, in *sfn.StopExecutionInput, opts ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error)
}

// Config is what a Workflows needs, all of it.
type Config struct {
	Client API
	// MachineARN gives the ARN of a state machine, without a version or an alias.
	MachineARN func(machine string) (arn string, ok bool)
}

// Workflows runs executions on Step Functions. Make it with New.
type Workflows struct {
	client API
	arn    func(machine string) (string, bool)
}

var (
	_ API                = (*sfn.Client)(nil)
	_ workflow.Starter   = (*Workflows)(nil)
	_ workflow.Inspector = (*Workflows)(nil)
	_ workflow.Stopper   = (*Workflows)(nil)
)

// New makes the adapter.
func New(c Config) (*Workflows, error) {
	if c.Client == nil || c.MachineARN == nil {
		return nil, errs.New(errs.Invalid, "stepfn needs a client and the ARNs of the machines")
	}
	return &Workflows{client: c.Client, arn: c.MachineARN}, nil
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
func (w *Workflows) execution(machine, name string) (*string, error) {
	arn, err := w.machine(machine)
	if err != nil {
		return nil, err
	}
	return aws.String(strings.Replace(arn, ":stateMachine:", ":execution:", 1) + ":" + name), nil
}

// Start begins an execution.
func (w *Workflows) Start(ctx context.Context, machine, name string, input json.RawMessage) error {
	input, err := workflow.ValidateStart(name, input)
	if err != nil {
		return err
	}
	arn, err := w.machine(machine)
	if err != nil {
		return err
	}
	_, err = w.client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(arn), Name: aws.String(name), Input: aws.String(string(input)),
	})
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

// Describe gives the state of an execution.
func (w *Workflows) Describe(ctx context.Context, machine, name string) (workflow.Execution, error) {
	arn, err := w.execution(machine, name)
	if err != nil {
		return workflow.Execution{}, err
	}
	out, err := w.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: arn})
	if err != nil {
		return workflow.Execution{}, awserr.Wrap(fmt.Sprintf("the execution %s of %s can't be described", name, machine), err)
	}
	x := workflow.Execution{
		Machine: machine, Name: name, Status: statusOf(out.Status),
		Input: json.RawMessage(aws.ToString(out.Input)), Started: aws.ToTime(out.StartDate).UTC(),
	}
	if x.Status == workflow.Running {
		return x, nil
	}
	x.Stopped = aws.ToTime(out.StopDate).UTC()
	if x.Status == workflow.Succeeded {
		x.Output = json.RawMessage(aws.ToString(out.Output))
		return x, nil
	}
	x.Error, x.Cause = aws.ToString(out.Error), aws.ToString(out.Cause)
	return x, nil
}

// statusOf maps a status: one that waits to be redriven has not ended.
func statusOf(s types.ExecutionStatus) workflow.Status {
	if s == types.ExecutionStatusPendingRedrive {
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
	_, err = w.client.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: arn, Cause: aws.String(cause)})
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
