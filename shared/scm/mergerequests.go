package scm

import "context"

// MergeRequests proposes changes.
type MergeRequests interface {
	// MergeRequestsFrom lists the merge requests from a branch, of every state, newest first.
	MergeRequestsFrom(ctx context.Context, project int64, branch string) ([]MergeRequest, error)
	// CreateMergeRequest opens one: Conflict when one is open between the two branches,
	// Invalid when a branch does not exist. Users who do not exist are passed over.
	CreateMergeRequest(ctx context.Context, project int64, m NewMergeRequest) (MergeRequest, error)
	// CloseMergeRequest closes one that is open; one that is closed or gone is left as it is.
	// Conflict when it was merged or is about to be.
	CloseMergeRequest(ctx context.Context, project, number int64) error
}

// MergeRequest is a proposal to merge a branch.
type MergeRequest struct {
	Number      int64  // within the project ("iid")
	Source      string // branch
	Target      string // branch
	Title       string
	Description string
	State       string // in GitLab's words: "opened", "closed", "locked", "merged"
	WebURL      string
}

// NewMergeRequest is a merge request to be opened.
type NewMergeRequest struct {
	Source, Target     string
	Title, Description string
	Labels             []string
	Assignee           int64 // user; 0 for nobody
	Reviewers          []int64
	RemoveSourceBranch bool // when merged
	Squash             bool
}

// Protections protects branches.
type Protections interface {
	// ProtectBranch lets only maintainers push to the branches of a name or a wildcard, and
	// merge into them; protecting again succeeds and leaves the protection as it is.
	ProtectBranch(ctx context.Context, project int64, name string) error
	// ProtectedBranches lists the names and wildcards that are protected.
	ProtectedBranches(ctx context.Context, project int64) ([]string, error)
}

// Branches creates and lists branches.
type Branches interface {
	// CreateBranch starts a branch at a commit: Conflict when there is one of that name,
	// Invalid when the commit is not there or git lets no branch have that name.
	CreateBranch(ctx context.Context, project int64, name, commit string) error
	// DeleteBranch removes a branch; removing what is gone succeeds. Forbidden when it is
	// protected or the default branch.
	DeleteBranch(ctx context.Context, project int64, name string) error
	// SearchBranches lists the names of branches that hold text in either case, all for "",
	// at most limit.
	SearchBranches(ctx context.Context, project int64, text string, limit int) ([]string, error)
}
