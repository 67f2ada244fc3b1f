package stepfn

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/workflow"
)

const historyPage = 1000 // events, the most the service gives at once

// historyInput asks for a page, without the data of states, which can be large.
type historyInput struct {
	Execution string `json:"executionArn"`
	Most      int    `json:"maxResults"`
	Data      bool   `json:"includeExecutionData"`
	Next      string `json:"nextToken,omitempty"`
}

// History gives what has happened so far
// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html).
func (w *Workflows) History(ctx context.Context, machine, name string) ([]workflow.HistoryEvent, error) {
	arn, err := w.execution(machine, name)
	if err != nil {
		return nil, err
	}
	var history []workflow.HistoryEvent
	for in := (historyInput{Execution: arn, Most: historyPage}); ; {
		var out struct {
			Events []event `json:"events"`
			Next   string  `json:"nextToken"`
		}
		if err := w.call(ctx, "GetExecutionHistory", in, &out); err != nil {
			return nil, awserr.Wrap(fmt.Sprintf("the history of the execution %s of %s can't be read", name, machine), err)
		}
		for _, e := range out.Events {
			history = append(history, workflow.HistoryEvent(e))
		}
		if in.Next = out.Next; in.Next == "" {
			return history, nil
		}
	}
}

// event reads an event of the service: each type keeps its details in a member of its own,
// "taskFailedEventDetails", of which an event has one.
type event workflow.HistoryEvent

// UnmarshalJSON reads an event.
func (e *event) UnmarshalJSON(raw []byte) error {
	var head struct {
		ID        int64  `json:"id"`
		Timestamp moment `json:"timestamp"`
		Type      string `json:"type"`
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &head); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	*e = event{ID: head.ID, Time: head.Timestamp.time(), Type: head.Type}
	for name, member := range members {
		if !strings.HasSuffix(name, "EventDetails") {
			continue
		}
		var details struct {
			Name  string `json:"name"`
			Error string `json:"error"`
		}
		if err := json.Unmarshal(member, &details); err != nil {
			return err
		}
		e.Error = details.Error
		if strings.HasPrefix(name, "state") {
			e.State = details.Name
		}
	}
	return nil
}
