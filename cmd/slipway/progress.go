package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"golang.org/x/term"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
)

// refresh is how often a followed operation is looked at.
const refresh = 80 * time.Millisecond

// operationSource gives an operation as it is now.
type operationSource interface {
	Get(ctx context.Context, id string) (*operations.Operation, error)
}

// progress shows an operation's steps as they happen: a display that redraws itself on a
// terminal, one plain line for each ended step otherwise.
type progress struct {
	out   io.Writer
	clock clock.Clock
	width int // columns of the terminal; 0 when out is none
	drawn int // lines of the display
	ended int // steps printed as plain lines
	frame int
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, clock: clock.System{}}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 20 {
			p.width = w
		}
	}
	return p
}

// watch shows the operation until it has ended and gives it.
func (p *progress) watch(ctx context.Context, source operationSource, id string) (*operations.Operation, error) {
	for {
		o, err := source.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		p.show(o)
		if o.Status.Ended() {
			return o, nil
		}
		if err := p.clock.Sleep(ctx, refresh); err != nil {
			return nil, err
		}
	}
}

func (p *progress) show(o *operations.Operation) {
	if p.width == 0 {
		p.plain(o)
		return
	}
	p.redraw(o)
}

// plain prints the steps that have ended since the last look.
func (p *progress) plain(o *operations.Operation) {
	for p.ended < len(o.Steps) && o.Steps[p.ended].Ended != nil {
		fmt.Fprintln(p.out, p.line(o, o.Steps[p.ended]))
		p.ended++
	}
	if o.Status.Ended() {
		fmt.Fprintln(p.out, p.last(o))
	}
}

// redraw moves up over what was drawn and draws again.
func (p *progress) redraw(o *operations.Operation) {
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", p.drawn)
	}
	lines := make([]string, 0, len(o.Steps)+1)
	for _, s := range o.Steps {
		lines = append(lines, p.line(o, s))
	}
	lines = append(lines, p.last(o))
	for _, l := range lines {
		b.WriteString("\x1b[2K" + clip(l, p.width-1) + "\n")
	}
	p.drawn = len(lines)
	p.frame++
	_, _ = io.WriteString(p.out, b.String())
}

func clip(line string, width int) string {
	runes := []rune(line)
	if len(runes) <= width {
		return line
	}
	return string(runes[:width-1]) + "…"
}

// line shows one step: elapsed time since the request, mark, name, detail.
func (p *progress) line(o *operations.Operation, s operations.Step) string {
	mark, at := p.spinner(), p.clock.Now()
	if s.Ended != nil {
		at = *s.Ended
		mark = map[operations.StepStatus]string{operations.StepCompleted: "✓", operations.StepSkipped: "-", operations.StepFailed: "✗", operations.StepCancelled: "✗"}[s.Status]
	}
	line := fmt.Sprintf("%8.3fs  %s %-34s %s", at.Sub(o.Created).Seconds(), mark, printable(s.Name), printable(s.Detail))
	return strings.TrimRight(line, " ")
}

// printable takes out what would steer the terminal: steps are named by whoever wrote the
// template, details hold what GitLab said.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}

func (p *progress) spinner() string {
	return string([]rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[p.frame%10])
}

// last shows the operation as a whole.
func (p *progress) last(o *operations.Operation) string {
	at := p.clock.Now()
	if o.Ended != nil {
		at = *o.Ended
	}
	return fmt.Sprintf("%8.3fs  %s %s", at.Sub(o.Created).Seconds(), o.Target, o.Status)
}
