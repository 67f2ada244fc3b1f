package gitlabci

// LintResult is what GitLab's lint answers.
type LintResult struct {
	Valid      bool
	Errors     []string
	Warnings   []string
	MergedYAML string   // includes and extends resolved
	Jobs       []Job    // those that the trigger would run
	Includes   []string // paths of included files, in order
}

// Lint checks a file and shows what it means for this trigger.
func Lint(src Source, trigger Trigger) LintResult {
	return LintResult{}
}
