package gitlabci

import (
	"errors"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlabci/document"
)

// LintResult is what GitLab's lint answers.
type LintResult struct {
	Valid      bool
	Errors     []string
	Warnings   []string
	MergedYAML string   // includes, extends and references resolved
	Jobs       []Job    // those that the trigger would run
	Includes   []string // paths of included files, in order
}

// Lint checks a file and shows what it means for this trigger. A file whose rules leave
// no job is valid; a warning says so.
func Lint(src Source, trigger Trigger) LintResult {
	cfg, problems, found := read(src, trigger)
	out := LintResult{Errors: problems, Warnings: found.warnings, Includes: found.includes}
	if len(problems) > 0 {
		return out
	}
	merged, err := document.Dump(cfg.tree)
	if err != nil {
		out.Errors = []string{err.Error()}
		return out
	}
	out.MergedYAML = merged
	e := &evaluation{cfg: cfg, src: src, trigger: trigger, root: cfg.variables}
	p, err := e.pipeline()
	switch {
	case errors.Is(err, ErrNoJobs):
		out.Warnings = append(out.Warnings, Reasons(err)...)
	case err != nil:
		out.Errors = Reasons(err)
	}
	out.Valid, out.Jobs = len(out.Errors) == 0, p.Jobs
	return out
}
