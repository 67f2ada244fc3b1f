package stepfn

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/workflow"
)

const historyPage = 1000 // events, the most the service gives at once

// History gives what has happened so far.
func (w *Workflows) History(ctx context.Context, machine, name string) ([]workflow.HistoryEvent, error) {
	arn, err := w.execution(machine, name)
	if err != nil {
		return nil, err
	}
	var history []workflow.HistoryEvent
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: arn, MaxResults: historyPage, IncludeExecutionData: aws.Bool(false)}
	for {
		out, err := w.client.GetExecutionHistory(ctx, in)
		if err != nil {
			return nil, awserr.Wrap(fmt.Sprintf("the history of the execution %s of %s can't be read", name, machine), err)
		}
		for _, e := range out.Events {
			history = append(history, eventOf(e))
		}
		if aws.ToString(out.NextToken) == "" {
			return history, nil
		}
		in.NextToken = out.NextToken
	}
}

func eventOf(e types.HistoryEvent) workflow.HistoryEvent {
	event := workflow.HistoryEvent{ID: e.Id, Time: aws.ToTime(e.Timestamp).UTC(), Type: string(e.Type), Error: errorOf(e)}
	if d := e.StateEnteredEventDetails; d != nil {
		event.State = aws.ToString(d.Name)
	}
	if d := e.StateExitedEventDetails; d != nil {
		event.State = aws.ToString(d.Name)
	}
	return event
}

// errorOf gives the error an event names: each type of event keeps it in its own place.
func errorOf(e types.HistoryEvent) string {
	return cmp.Or(executionError(e), taskError(e), functionError(e))
}

func executionError(e types.HistoryEvent) string {
	var name *string
	switch {
	case e.ExecutionFailedEventDetails != nil:
		name = e.ExecutionFailedEventDetails.Error
	case e.ExecutionTimedOutEventDetails != nil:
		name = e.ExecutionTimedOutEventDetails.Error
	case e.ExecutionAbortedEventDetails != nil:
		name = e.ExecutionAbortedEventDetails.Error
	case e.EvaluationFailedEventDetails != nil:
		name = e.EvaluationFailedEventDetails.Error
	}
	return aws.ToString(name)
}

func taskError(e types.HistoryEvent) string {
	var name *string
	switch {
	case e.TaskFailedEventDetails != nil:
		name = e.TaskFailedEventDetails.Error
	case e.TaskTimedOutEventDetails != nil:
		name = e.TaskTimedOutEventDetails.Error
	case e.TaskStartFailedEventDetails != nil:
		name = e.TaskStartFailedEventDetails.Error
	case e.TaskSubmitFailedEventDetails != nil:
		name = e.TaskSubmitFailedEventDetails.Error
	}
	return aws.ToString(name)
}

func functionError(e types.HistoryEvent) string {
	var name *string
	switch {
	case e.LambdaFunctionFailedEventDetails != nil:
		name = e.LambdaFunctionFailedEventDetails.Error
	case e.LambdaFunctionTimedOutEventDetails != nil:
		name = e.LambdaFunctionTimedOutEventDetails.Error
	case e.LambdaFunctionScheduleFailedEventDetails != nil:
		name = e.LambdaFunctionScheduleFailedEventDetails.Error
	case e.LambdaFunctionStartFailedEventDetails != nil:
		name = e.LambdaFunctionStartFailedEventDetails.Error
	}
	return aws.ToString(name)
}
