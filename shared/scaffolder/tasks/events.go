package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// event gives a line as an event.
func event(task string, l operations.Line) (Event, error) {
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

// maxBatch is how many lines one answer of Events is made from.
const maxBatch = 500

// errEnough stops following.
var errEnough = errors.New("enough was followed")

// Events gives the events behind after, as soon as there are any; none when ctx ends
// first.
func (s *Service) Events(ctx context.Context, id string, after int) ([]Event, error) {
	v, err := s.follower(ctx, id)
	if err != nil {
		return nil, err
	}
	for {
		list, last, err := s.batch(ctx, v, after)
		if err != nil || len(list) > 0 {
			return list, err
		}
		after = last // what was there is not shown any more
		if err := s.await(ctx, id, after); err != nil {
			return []Event{}, withoutEnd(ctx, err)
		}
	}
}

// batch gives the events that are there now, and the place of the last line.
func (s *Service) batch(ctx context.Context, v follower, after int) ([]Event, int, error) {
	lines, err := s.deps.Log.Log(ctx, v.id, after, maxBatch)
	if err != nil {
		return nil, after, fmt.Errorf("reading the log of %s: %w", v.id, err)
	}
	list := []Event{}
	for _, l := range lines {
		after = l.Seq
		if v.superseded(l) {
			continue
		}
		e, err := event(v.id, l)
		if err != nil {
			return nil, after, err
		}
		list = append(list, e)
	}
	return list, after, nil
}

// await returns nil when there is a line behind after.
func (s *Service) await(ctx context.Context, id string, after int) error {
	err := s.deps.Log.Follow(ctx, id, after, func(operations.Line) error { return errEnough })
	if errors.Is(err, errEnough) {
		return nil
	}
	if err == nil { // the log has ended: nothing will ever come
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

// withoutEnd drops an error that says no more than that ctx has ended.
func withoutEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Follow passes on the events behind after as they are written, to the task's completion.
// It returns nil when that was passed on, ctx's error when ctx ends.
func (s *Service) Follow(ctx context.Context, id string, after int, emit func(Event) error) error {
	v, err := s.follower(ctx, id)
	if err != nil {
		return err
	}
	err = s.deps.Log.Follow(ctx, id, after, func(l operations.Line) error {
		if v.superseded(l) {
			return nil
		}
		e, err := event(id, l)
		if err == nil {
			err = emit(e)
		}
		if err == nil && l.Type == operations.LineCompletion {
			err = errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// follower is whoever reads the events of a task.
type follower struct {
	id      string
	resumed int // the line at which the task began again, 0 when it never did
}

// superseded reports whether a line tells of an end that a retry has made undone: a
// frontend would take it for the end of the task.
func (v follower) superseded(l operations.Line) bool {
	return l.Seq < v.resumed && (l.Type == operations.LineCompletion || l.Type == operations.LineCancelled)
}

func (s *Service) follower(ctx context.Context, id string) (follower, error) {
	o, err := s.operation(ctx, id)
	if err != nil {
		return follower{}, err
	}
	v := follower{id: id}
	if o.Attempt == 0 {
		return v, nil
	}
	for after := 0; ; {
		lines, err := s.deps.Log.Log(ctx, id, after, maxBatch)
		if err != nil {
			return v, fmt.Errorf("reading the log of %s: %w", id, err)
		}
		for _, l := range lines {
			if after = l.Seq; l.Type == operations.LineRecovered {
				v.resumed = l.Seq
			}
		}
		if len(lines) < maxBatch {
			return v, nil
		}
	}
}
