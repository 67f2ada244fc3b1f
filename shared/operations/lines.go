package operations

import (
	"fmt"
	"time"
)

// beginLine tells that a step begins.
func (s *Step) beginLine() Line {
	if s.Shown == "" {
		return Line{Type: LineLog, Message: s.Name}
	}
	return Line{Type: LineLog, Step: s.Shown, Status: StepProcessing, Message: "Beginning step " + s.Name}
}

// endLine tells how a step ended.
func (s *Step) endLine() Line {
	if s.Shown == "" {
		return Line{Type: LineLog, Message: s.Name + ": " + s.outcome()}
	}
	line := Line{Type: LineLog, Step: s.Shown, Status: s.Status, Message: s.outcome()}
	switch s.Status {
	case StepCompleted:
		line.Message = "Finished step " + s.Name
	case StepSkipped:
		line.Message = fmt.Sprintf("Skipping step %s because %s", s.Shown, s.Detail)
	}
	return line
}

func (s *Step) outcome() string {
	if s.Detail == "" {
		return string(s.Status)
	}
	return s.Detail
}

// cancelledLine tells that a step was cancelled.
func (s *Step) cancelledLine() Line {
	name := s.Shown
	if name == "" {
		name = s.Name
	}
	line := Line{Type: LineCancelled, Step: s.Shown, Message: fmt.Sprintf("Step %s has been cancelled.", name)}
	if s.Shown != "" {
		line.Status = StepCancelled
	}
	return line
}

// completionLine tells how an operation ended.
func (o *Operation) completionLine() Line {
	line := Line{Type: LineCompletion, Output: o.Output, Problem: o.Problem}
	outcome := "failed"
	switch {
	case o.Status == Succeeded:
		outcome = "completed"
	case o.Cancelled != nil:
		outcome = "cancelled"
	}
	line.Message = "Run completed with status: " + outcome
	return line
}

// maxLeftLines is how many lines tell of what was left.
const maxLeftLines = 10

// leftLines tells what was not undone.
func leftLines(left []string) []Line {
	var lines []Line
	for i, one := range left {
		if i == maxLeftLines {
			return append(lines, Line{Type: LineLog, Message: fmt.Sprintf("Left %d more: the ledger names them", len(left)-i)})
		}
		lines = append(lines, Line{Type: LineLog, Message: "Left " + one})
	}
	return lines
}

// sealedLines tells how long a parked operation can be retried without its secrets being
// given again.
func (o *Operation) sealedLines() []Line {
	if o.SealedUntil == nil {
		return nil
	}
	return []Line{{Type: LineLog, Message: "Its secrets stay sealed for a retry until " + o.SealedUntil.UTC().Format(time.RFC3339)}}
}
