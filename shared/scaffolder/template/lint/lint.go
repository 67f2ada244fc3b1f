package lint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
	"github.com/slipwayhq/slipway/shared/scaffolder/templating"
)

// The severities of findings.
const (
	Error   = "error"   // the template does not work, or not as written
	Warning = "warning" // it works, but hardly as it was meant
)

// Finding is something that its author should know.
type Finding struct {
	File     string `json:"file"`
	Line     int    `json:"line"`   // from 1
	Column   int    `json:"column"` // from 1, in characters
	Severity string `json:"severity"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`    // what may help
	Pointer  string `json:"pointer,omitempty"` // JSON pointer into the document
}

// String gives "file:line:column: severity: message (hint)".
func (f Finding) String() string {
	text := fmt.Sprintf("%s:%d:%d: %s: %s", f.File, f.Line, f.Column, f.Severity, f.Message)
	if f.Hint != "" {
		text += " (" + f.Hint + ")"
	}
	return text
}

// Config is what a Linter needs.
type Config struct {
	Engine  *templating.Engine
	Actions []actions.Spec
}

// Linter checks template files. It is safe for concurrent use.
type Linter struct {
	engine  *templating.Engine
	actions map[string]actions.Spec
	ids     []string // of the actions, sorted
}

// New makes a Linter.
func New(c Config) (*Linter, error) {
	if c.Engine == nil || len(c.Actions) == 0 {
		return nil, errors.New("a linter needs an engine and the specifications of actions")
	}
	l := &Linter{engine: c.Engine, actions: map[string]actions.Spec{}}
	for _, s := range c.Actions {
		l.actions[s.ID] = s
		l.ids = append(l.ids, s.ID)
	}
	slices.Sort(l.ids)
	return l, nil
}

// File checks all templates in a file. beside is the folder that the file lies in; nil when
// it is not known, and skeletons are not looked at.
func (l *Linter) File(ctx context.Context, name string, content []byte, beside fs.FS) []Finding {
	c := &check{Linter: l, ctx: ctx, file: name, beside: beside}
	documents, err := read(content)
	for _, d := range documents {
		if d.kind == "Template" {
			c.templates++
			c.document(d)
		}
	}
	if err != nil {
		c.found = append(c.found, Finding{
			File: name, Line: err.line, Column: max(err.column, 1), Severity: Error, Message: "the file is not valid YAML: " + err.message,
			Hint: "a value that begins with { or contains ${{ }} stands in quotes when it is not plain text",
		})
	}
	if c.templates == 0 && err == nil {
		c.found = append(c.found, Finding{File: name, Line: 1, Column: 1, Severity: Error, Message: "there is no document of kind Template in this file"})
	}
	slices.SortStableFunc(c.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return slices.Compact(c.found)
}

// check is the checking of one file.
type check struct {
	*Linter
	ctx       context.Context
	file      string
	beside    fs.FS
	templates int
	found     []Finding
}

func (c *check) add(severity string, at place, pointer, hint, format string, args ...any) {
	c.found = append(c.found, Finding{
		File: c.file, Line: at.line, Column: at.column, Severity: severity, Pointer: pointer, Hint: hint, Message: fmt.Sprintf(format, args...),
	})
}
