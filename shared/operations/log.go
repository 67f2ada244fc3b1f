package operations

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
)

// The bounds of a log. Lines that tell of changes of state are taken beyond maxLines.
const (
	maxLines    = 10_000
	maxLine     = 32 << 10  // bytes of a message
	maxLogPage  = 1000      // lines that Log gives at once
	maxAtOnce   = 80        // lines in one transaction
	maxSaidOnce = 512 << 10 // bytes of the messages in one transaction; as JSON they may grow sixfold
)

const logFull = "The log is full: further lines are left out"

// LineType says what a line tells, in Backstage's words.
type LineType string

// The types of lines.
const (
	LineLog        LineType = "log"
	LineCancelled  LineType = "cancelled"
	LineRecovered  LineType = "recovered"  // the operation starts again
	LineCompletion LineType = "completion" // the operation has ended
)

// Line is one line of an operation's log.
type Line struct {
	Seq     int             `json:"seq"`           // 1, 2, 3 … without gaps
	Time    time.Time       `json:"time,omitzero"` // zero in plans: nothing has happened yet
	Type    LineType        `json:"type"`
	Step    string          `json:"step,omitempty"`   // id of the step it belongs to
	Status  StepStatus      `json:"status,omitempty"` // when the line says that the step's status changed
	Message string          `json:"message"`
	Output  json.RawMessage `json:"output,omitempty"`  // of the completion of one that succeeded
	Problem *Problem        `json:"problem,omitempty"` // of the completion of any other
}

// Say appends a line for each message, of the step with that id in the log, "" for none.
// Messages that fit into one transaction appear together. What is too much for a log is
// left out. Conflict when the operation has ended: its completion stays the last line.
func (s *Service) Say(ctx context.Context, id, step string, messages ...string) error {
	for len(messages) > 0 {
		n := fitting(messages)
		said := messages[:n]
		messages = messages[n:]
		_, err := s.update(ctx, id, func(o *Operation) (change, error) {
			if o.Status.Ended() {
				return change{}, errs.New(errs.Conflict, fmt.Sprintf("the operation is %s", o.Status))
			}
			lines := saidLines(o, step, said)
			return change{lines: lines, ends: true, none: len(lines) == 0}, nil
		})
		if err != nil {
			return fmt.Errorf("adding to the log: %w", err)
		}
	}
	return nil
}

// fitting gives how many of the messages go into one transaction.
func fitting(messages []string) int {
	size := 0
	for i, m := range messages {
		if size += min(len(m), maxLine); i > 0 && (i == maxAtOnce || size > maxSaidOnce) {
			return i
		}
	}
	return len(messages)
}

// saidLines makes lines of messages, as far as the log takes them.
func saidLines(o *Operation, step string, messages []string) []Line {
	if o.LogFull {
		return nil
	}
	var lines []Line
	for _, m := range messages {
		if o.Lines+len(lines) >= maxLines {
			o.LogFull = true
			return append(lines, Line{Type: LineLog, Message: logFull})
		}
		lines = append(lines, Line{Type: LineLog, Step: step, Message: m})
	}
	return lines
}

// number gives lines their place in the log.
func (o *Operation) number(lines []Line, at time.Time) {
	for i := range lines {
		o.Lines++
		lines[i].Seq, lines[i].Time, lines[i].Message = o.Lines, at, clip(lines[i].Message, maxLine)
	}
}

// lineWrites gives the writes of lines; the revision of the record they are written with
// makes sure that nobody else uses their numbers.
func lineWrites(id string, lines []Line) ([]table.Write, error) {
	var writes []table.Write
	for _, line := range lines {
		body, err := json.Marshal(line)
		if err != nil {
			return nil, errs.Wrap(errs.Internal, "a line of a log can't be written as JSON", err)
		}
		writes = append(writes, table.PutWrite(table.Item{Key: lineKey(id, line.Seq), Body: body}, table.Always))
	}
	return writes, nil
}

// Log gives the lines with a number greater than after, at most limit (1 to 1000).
func (s *Service) Log(ctx context.Context, id string, after, limit int) ([]Line, error) {
	if limit < 1 || limit > maxLogPage {
		return nil, errs.New(errs.Invalid, fmt.Sprintf("limit must be 1 to %d", maxLogPage))
	}
	lines, err := s.lines(ctx, id, after, limit)
	if err != nil || len(lines) > 0 {
		return lines, err
	}
	_, err = s.get(ctx, id)
	return nil, err
}

// lines reads on behind a line. It ends before a gap: a query is no snapshot, it may see a
// line and miss the one written just before it.
func (s *Service) lines(ctx context.Context, id string, after, limit int) ([]Line, error) {
	var lines []Line
	after = max(after, 0)
	q := table.Query{PK: recordKey(id).PK, From: lineKey(id, after+1).SK, To: afterLines, Limit: limit}
	err := table.Each(ctx, s.table, q, func(item table.Item) error {
		var line Line
		if err := json.Unmarshal(item.Body, &line); err != nil {
			return errs.Wrap(errs.Internal, "a line of a log is damaged", err)
		}
		if line.Seq != after+1+len(lines) {
			return table.ErrStop
		}
		if lines = append(lines, line); len(lines) == limit {
			return table.ErrStop
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the log of %s: %w", id, err)
	}
	return lines, nil
}
