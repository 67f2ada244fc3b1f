package tasks

import (
	"encoding/json"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Event is one line of a task's log (SerializedTaskEvent).
type Event struct {
	ID int `json:"id"` // ascending, with gaps
	// Recoverable says that a task goes on after its completion; ours never does.
	Recoverable bool   `json:"isTaskRecoverable"`
	TaskID      string `json:"taskId"`
	Body        Body   `json:"body"`
	Type        string `json:"type"` // "log", "completion", "cancelled" or "recovered"
	CreatedAt   Moment `json:"createdAt"`
}

// Body is what an event tells.
type Body struct {
	Message  string          `json:"message,omitempty"`
	StepID   string          `json:"stepId,omitempty"` // of a step of the template
	Status   string          `json:"status,omitempty"` // of that step, when it has changed
	Output   json.RawMessage `json:"output,omitempty"`
	Error    *Failure        `json:"error,omitempty"`
	Strategy string          `json:"recoverStrategy,omitempty"`
}

// Failure is why a task did not succeed.
type Failure struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// EventOf gives a line as an event.
func EventOf(task string, l operations.Line) (Event, error) {
	e := Event{ID: l.Seq, TaskID: task, Type: string(l.Type), CreatedAt: Moment(l.Time)}
	if l.Type == operations.LineRecovered {
		e.Body.Strategy = "none" // the task begins again, and what it said before stays
		return e, nil
	}
	e.Body.Message, e.Body.StepID, e.Body.Status = l.Message, l.Step, string(l.Status)
	if l.Type != operations.LineCompletion {
		return e, nil
	}
	if l.Problem != nil {
		e.Body.Error = &Failure{Name: "Error", Message: explain(l.Problem)}
		return e, nil
	}
	var err error
	e.Body.Output, err = templateOutput(l.Output)
	return e, err
}

// explain says why an operation did not succeed, and what is left of it.
func explain(p *operations.Problem) string {
	text := errs.Explain(&errs.Error{Kind: errs.Conflict, Message: p.Message, Fields: p.Fields})
	if len(p.Left) > 0 {
		text += " (left behind: " + strings.Join(p.Left, "; ") + ")"
	}
	return text
}

// templateOutput gives the part of an operation's output that the template asked for.
func templateOutput(raw json.RawMessage) (json.RawMessage, error) {
	var out struct {
		Template json.RawMessage `json:"template"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			return nil, errs.Wrap(errs.Internal, "the operation's output is damaged", err)
		}
	}
	if len(out.Template) == 0 {
		return json.RawMessage("{}"), nil
	}
	return out.Template, nil
}
