package operations

// Preview is what an operation would do, for a person who has not asked for it yet.
type Preview struct {
	Plan    *Plan
	Changes []FileChange // files that its effects write
	Log     []Line
	Output  map[string]any // the template's own
	// Resolved says what it would work from, for a person: the template's commit, the
	// environments.
	Resolved string
}

// FileChange is one file that an effect writes into a repository.
type FileChange struct {
	Project    string // full path
	Branch     string
	Path       string
	Action     string // "create", "update" or "delete"
	Before     []byte // nil for a new file
	After      []byte // nil for one that is deleted
	Executable bool
	Link       string // target of a symbolic link
}
